package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Spend is what language models cost a workspace in a month.
type Spend struct {
	Workspace string `bun:",pk" json:"workspace"`
	Month     string `bun:",pk" json:"month"` // of UTC, such as 2026-01
	Calls     int64  `json:"calls"`
	Estimated int64  `json:"estimated"` // of the calls, those whose tokens the server did not tell
	TokensIn  int64  `json:"tokens_in"`
	TokensOut int64  `json:"tokens_out"`
	Micros    int64  `json:"micros"` // millionths of the currency that prices were in
}

type spendRow struct {
	bun.BaseModel `bun:"table:spend,alias:s"`
	Spend
}

// AddSpend adds to the sums of a workspace and month, and returns them as they
// are then. Of calls at the same time each sees the sums after its own.
func (s *Store) AddSpend(ctx context.Context, add Spend) (Spend, error) {
	if _, err := time.Parse("2006-01", add.Month); err != nil || add.Workspace == "" || min(add.Calls, add.Estimated, add.TokensIn, add.TokensOut, add.Micros) < 0 {
		return Spend{}, fmt.Errorf("add spending of workspace %q in month %q: both are required, and nothing is ever taken back: %w", add.Workspace, add.Month, ErrInvalid)
	}
	var row spendRow
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		return tx.NewInsert().Model(&spendRow{Spend: add}).On("CONFLICT (workspace, month) DO UPDATE").
			Set("calls = s.calls + excluded.calls").Set("estimated = s.estimated + excluded.estimated").
			Set("tokens_in = s.tokens_in + excluded.tokens_in").Set("tokens_out = s.tokens_out + excluded.tokens_out").
			Set("micros = s.micros + excluded.micros").
			Returning("*").Scan(ctx, &row)
	})
	if err != nil {
		return Spend{}, fmt.Errorf("add spending of workspace %q: %w", add.Workspace, err)
	}
	return row.Spend, nil
}

// MonthSpend is what a workspace spent in a month; zeros for nothing.
func (s *Store) MonthSpend(ctx context.Context, workspace, month string) (Spend, error) {
	row := spendRow{Spend: Spend{Workspace: workspace, Month: month}}
	err := s.r.NewSelect().Model(&row).WherePK().Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Spend{}, fmt.Errorf("spending of workspace %q in %s: %w", workspace, month, err)
	}
	return row.Spend, nil
}

// Spending is what a workspace, or with "" all of them, spent, the newest
// month first.
func (s *Store) Spending(ctx context.Context, workspace string) ([]Spend, error) {
	var rows []spendRow
	q := s.r.NewSelect().Model(&rows).OrderExpr("month DESC, workspace")
	if workspace != "" {
		q = q.Where("workspace = ?", workspace)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("spending of workspace %q: %w", workspace, err)
	}
	out := make([]Spend, len(rows))
	for i, r := range rows {
		out[i] = r.Spend
	}
	return out, nil
}
