package xlsx

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

const (
	maxCalc     = 2000            // formulas computed in a file
	maxCalcSize = 8 << 20         // of a file whose formulas are computed
	maxCalcTime = 5 * time.Second // in which they are
	maxFormulas = 10_000          // of a file: each may ask for the next, 13 KB of stack a time
	maxResult   = 32_767          // characters of a cell, as Excel has it
)

// formulas computes formulas that were stored without a value, as programs do
// that write workbooks without being Excel. It opens the file in excelize when
// the first one is met.
type formulas struct {
	in    ingest.Input
	arc   *ingest.Archive
	parts []string // of the sheets
	dir   string
	file  *excelize.File
	fault error
	n     int
	spent time.Duration
}

// value is the result of the formula in a cell, without number format.
func (f *formulas) value(sheet, cell string) (value string, err error) {
	if f.fault != nil {
		return "", f.fault
	}
	if f.file == nil {
		if f.fault = f.open(); f.fault != nil {
			return "", f.fault
		}
	}
	if f.n++; f.n > maxCalc {
		f.fault = fmt.Errorf("there are more than %d such formulas", maxCalc)
		return "", f.fault
	}
	start := time.Now()
	defer func() {
		if p := recover(); p != nil { // the engine meets formulas it was not written for
			value, err = "", fmt.Errorf("the calculation stopped at %q", fmt.Sprint(p))
		}
		if f.spent += time.Since(start); f.spent > maxCalcTime {
			f.fault = errors.New("the formulas of this file take too long")
		}
	}()
	value, err = f.file.CalcCellValue(sheet, cell, excelize.Options{RawCellValue: true})
	if err != nil {
		return "", fmt.Errorf("calculate: %w", err)
	}
	if len(value) > maxResult {
		return "", errors.New("the result is too long for a cell")
	}
	return value, nil
}

func (f *formulas) open() (err error) {
	if f.in.Size > maxCalcSize {
		return fmt.Errorf("the file is over %d MB", maxCalcSize>>20)
	}
	n := 0
	for _, part := range f.parts {
		_ = each(f.arc, part, func(s *markup.Scanner) {
			if string(s.Name()) == "f" {
				n++
			}
		})
	}
	if n > maxFormulas {
		return fmt.Errorf("the file has more than %d formulas", maxFormulas)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("opening the file stopped at %q", fmt.Sprint(p))
		}
	}()
	f.file, err = excelize.OpenReader(io.NewSectionReader(f.in.Data, 0, f.in.Size), excelize.Options{
		UnzipSizeLimit: 256 << 20, UnzipXMLSizeLimit: 16 << 20, TmpDir: f.dir,
	})
	if err != nil {
		return fmt.Errorf("open for calculation: %w", err)
	}
	return nil
}

func (f *formulas) close() error {
	if f.file == nil {
		return nil
	}
	if err := f.file.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}
