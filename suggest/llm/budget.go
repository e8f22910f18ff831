package llm

import (
	"context"
	"math"
	"time"
)

// Tokens are what a call cost. Estimated means that the server did not say.
type Tokens struct {
	In, Out   int
	Estimated bool
}

// Spend is what calls came to.
type Spend struct {
	Calls     int64
	Estimated int64 // of the calls, those whose tokens the server did not tell
	In, Out   int64 // tokens
	Micros    int64 // millionths of the currency
}

// Ledger keeps what each workspace spent in a month, written 2026-01. Months
// are those of UTC.
type Ledger interface {
	// AddSpend adds to a month and returns what it has come to.
	AddSpend(ctx context.Context, workspace, month string, add Spend) (Spend, error)
	// MonthSpend is what a month has come to; zero for nothing.
	MonthSpend(ctx context.Context, workspace, month string) (Spend, error)
}

// Caps are prices and what a workspace may spend in a month. Zero means no cap.
type Caps struct {
	PriceIn, PriceOut float64 // of a million tokens
	Currency          string  // for people
	Spend             float64 // in the currency
	Tokens            int64   // of prompts and replies
}

func (c Caps) none() bool { return c.Spend == 0 && c.Tokens == 0 }

// micros is the price of tokens in millionths, rounded up.
func (c Caps) micros(t Tokens) int64 {
	return int64(math.Ceil(float64(t.In)*c.PriceIn + float64(t.Out)*c.PriceOut))
}

// Share is how much of the cap that is nearest has been used: 1 is all of it.
func (c Caps) Share(s Spend) float64 {
	used := 0.0
	if c.Spend > 0 {
		used = float64(s.Micros) / (c.Spend * 1e6)
	}
	if c.Tokens > 0 {
		used = max(used, float64(s.In+s.Out)/float64(c.Tokens))
	}
	return used
}

// level is the highest of 0, 50, 75 and 100 percent that share has reached.
func level(share float64) int {
	for _, percent := range []int{100, 75, 50} {
		if share*100 >= float64(percent) {
			return percent
		}
	}
	return 0
}

// BudgetState is how a workspace's month stands.
type BudgetState struct {
	Month   string
	Spent   Spend
	Share   float64 // of the nearest cap; 0 without one, 1 and more when it is used up
	Level   int     // 0, 50, 75 or 100: the last warning; at 100 the model is asked no more
	Renewal time.Time
}

// Month is the month that spending at t counts to.
func Month(t time.Time) string { return t.UTC().Format("2006-01") }

// Budget is how a workspace's month stands. Without a ledger it is empty.
func (m *Model) Budget(ctx context.Context, workspace string) (BudgetState, error) {
	now := m.o.Now().UTC()
	st := BudgetState{Month: Month(now), Renewal: time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)}
	if m.o.Ledger == nil {
		return st, nil
	}
	var err error
	if st.Spent, err = m.o.Ledger.MonthSpend(ctx, workspace, st.Month); err != nil {
		return st, err
	}
	st.Share = m.o.Caps.Share(st.Spent)
	st.Level = level(st.Share)
	return st, nil
}

// afford refuses a call when the month is used up, and when nobody can tell.
func (m *Model) afford(ctx context.Context, workspace string) *Error {
	if m.o.Caps.none() {
		return nil
	}
	st, err := m.Budget(ctx, workspace)
	switch {
	case err != nil && ctx.Err() != nil:
		return m.late(ctx)
	case err != nil:
		return failf(Budget, "what the workspace has spent cannot be read, so nothing more is: %w", err)
	case st.Level == 100:
		return failf(Budget, "the workspace has used its budget of %s; raise model.monthly_spend or model.monthly_tokens, or wait until %s",
			st.Month, st.Renewal.Format(time.DateOnly))
	}
	return nil
}

// charge writes down what a request cost, whether or not it gave a reply, and
// warns once at each level: the sum before and after comes from one statement,
// so no two calls see the same step.
func (m *Model) charge(ctx context.Context, workspace string, t Tokens) {
	if m.o.Ledger == nil || t.In+t.Out == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	add := Spend{Calls: 1, In: int64(t.In), Out: int64(t.Out), Micros: m.o.Caps.micros(t)}
	if t.Estimated {
		add.Estimated = 1
	}
	month := Month(m.o.Now())
	sum, err := m.o.Ledger.AddSpend(ctx, workspace, month, add)
	if err != nil {
		m.o.Log.ErrorContext(ctx, "spending on the model was not written down", "workspace", workspace, "month", month,
			"tokens_in", add.In, "tokens_out", add.Out, "micros", add.Micros, "err", err)
		return
	}
	before := sum
	before.In, before.Out, before.Micros = sum.In-add.In, sum.Out-add.Out, sum.Micros-add.Micros
	if was, is := level(m.o.Caps.Share(before)), level(m.o.Caps.Share(sum)); is > was {
		m.o.Log.WarnContext(ctx, "the model's budget is being used up", "workspace", workspace, "month", month, "percent", is,
			"tokens", sum.In+sum.Out, "micros", sum.Micros, "currency", m.o.Caps.Currency)
	}
}
