package access

import (
	"slices"
	"strings"
)

// Roles in a workspace. Each may do what an agent may, and an admin what all
// may.
const (
	Agent    = "agent"    // sees suggestions and says what became of them
	Editor   = "editor"   // looks after documents and guidelines
	Reviewer = "reviewer" // rates drafts and sees how they do
	Admin    = "admin"    // people, keys, the audit log, copies of everything
)

// Roles are all, the least first.
func Roles() []string { return []string{Agent, Editor, Reviewer, Admin} }

// Scopes of a key: what a machine may do.
const (
	ScopeSuggestions = "suggestions" // read them and say what became of them
	ScopeAsk         = "ask"         // ask for a draft, search
	ScopeDocuments   = "documents"   // read documents in, remove them, guidelines
	ScopeReview      = "review"      // ratings
	ScopeInsight     = "insight"     // figures
	ScopeAdmin       = "admin"       // everything
)

// Scopes are all.
func Scopes() []string {
	return []string{ScopeSuggestions, ScopeAsk, ScopeDocuments, ScopeReview, ScopeInsight, ScopeAdmin}
}

// Everywhere stands for every workspace in a key.
const Everywhere = "*"

// Kinds of who acts.
const (
	KindPerson  = "person"
	KindKey     = "key"
	KindToken   = "token"   // the panel's token
	KindDesk    = "desk"    // an agent whom the help desk vouches for
	KindCommand = "command" // of the operator, in the data folder
	KindNobody  = "nobody"  // has not signed in

	KindProvider = "provider" // a sign-on provider, whose groups give roles
)

// Needs is what a route asks of who calls it.
type Needs struct {
	Role  string
	Scope string // empty: keys with admin only
	// Whole is what concerns every workspace, and so needs the role in each.
	Whole bool
}

// Who calls.
type Who struct {
	Kind   string
	ID     string            // a person's or a key's
	Name   string            // a login, a key's name, an agent's id at the desk
	Roles  map[string]string // of a person, by workspace
	Place  string            // of a key: a workspace, or Everywhere
	Scopes []string          // of a key

	Language string // that a person wants the pages in; empty: the workspace's
}

// In reports whether who has anything to do with a workspace: of others, that
// they exist is nobody's business.
func (w Who) In(workspace string) bool {
	switch w.Kind {
	case KindToken, KindCommand:
		return true
	case KindKey:
		return w.Place == workspace || w.Place == Everywhere
	case KindPerson:
		return w.Roles[workspace] != ""
	}
	return false
}

// May reports whether who may do what needs n in a workspace.
func (w Who) May(n Needs, workspace string) bool {
	switch {
	case !w.In(workspace):
		return false
	case w.Kind == KindKey:
		return slices.Contains(w.Scopes, ScopeAdmin) || n.Scope != "" && slices.Contains(w.Scopes, n.Scope)
	case w.Kind == KindPerson:
		role := w.Roles[workspace]
		return role == Admin || slices.Contains(Roles(), role) && (n.Role == Agent || n.Role == role)
	}
	return true
}

func checkRole(role string) error {
	if !slices.Contains(Roles(), role) {
		return &RefusalError{"role: " + quoted(role) + " is none; use one of: " + strings.Join(Roles(), ", ")}
	}
	return nil
}
