package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// maxStatements is how many prepared statements a connection keeps. Ours and
// River's are some dozens; each takes a few kilobytes.
const maxStatements = 128

// openSQLite is a pool of connections that keep the statements they prepared.
// To parse and plan an insert takes SQLite longer than to do it, and what we
// and River do for a delivery is the same each time.
func openSQLite(dsn string) *sql.DB {
	return sql.OpenDB(sqliteConnector{dsn: dsn, driver: &sqlite.Driver{}})
}

type sqliteConnector struct {
	dsn    string
	driver *sqlite.Driver
}

// Driver is the driver that the connections come from.
func (c sqliteConnector) Driver() sqldriver.Driver { return c.driver }

// Connect opens the file once more.
func (c sqliteConnector) Connect(context.Context) (sqldriver.Conn, error) {
	inner, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("this SQLite driver lacks what the store needs of a connection"), inner.Close())
	}
	return &keepingConn{sqliteConn: full, kept: map[string]*statement{}}, nil
}

// sqliteConn is what a connection of modernc.org/sqlite can do.
type sqliteConn interface {
	sqldriver.Conn
	sqldriver.ConnBeginTx
	sqldriver.ConnPrepareContext
	sqldriver.ExecerContext
	sqldriver.QueryerContext
	sqldriver.Pinger
	sqldriver.SessionResetter
	sqldriver.Validator
}

// keepingConn is a connection that keeps its statements. Only those with arguments
// are kept: where values stand in the text, as bun writes them, no two are
// alike. Like each connection of database/sql it has one user at a time.
type keepingConn struct {
	sqliteConn
	kept map[string]*statement
}

type statement struct {
	sqldriver.Stmt
	busy bool // its rows are being read, so it cannot begin anew
}

// ExecContext runs a statement, kept or not.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(sqldriver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext asks for rows. Their statement is free again once they are
// closed.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	r, err := s.Stmt.(sqldriver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{sqliteRows: r.(sqliteRows), of: s}, nil
}

// statement is the kept one of a query, or nil where none can be used.
func (c *keepingConn) statement(ctx context.Context, query string, args []sqldriver.NamedValue) (*statement, error) {
	if len(args) == 0 {
		return nil, nil
	}
	if s, ok := c.kept[query]; ok {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.kept) >= maxStatements {
		for text, s := range c.kept { // any: ours never fill it, so no text comes often
			if !s.busy {
				delete(c.kept, text)
				if err := s.Close(); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	p, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: p}
	c.kept[query] = s
	return s, nil
}

// Close ends the connection with all it kept.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// sqliteRows is what rows of modernc.org/sqlite can tell.
type sqliteRows interface {
	sqldriver.Rows
	sqldriver.RowsColumnTypeDatabaseTypeName
	sqldriver.RowsColumnTypeLength
	sqldriver.RowsColumnTypeNullable
	sqldriver.RowsColumnTypePrecisionScale
	sqldriver.RowsColumnTypeScanType
}

type keptRows struct {
	sqliteRows
	of *statement
}

// Close frees the statement for its next use.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.sqliteRows.Close()
}
