package ole

import (
	"encoding/binary"
	"errors"

	"github.com/richardlehane/mscfb"
)

// What stands where in a container ([MS-CFB], 2.2 and 2.6.1).
const (
	headerSize   = 512
	mapSectorsAt = 72 // in the header: how many sectors say where the file's map is
	entrySize    = 128
	kindAt       = 66 // in an entry
	storage      = 1
	stream       = 2
	nowhere      = 0xFFFFFFFF
)

// linksAt are the places of an entry's siblings and of its first child.
var linksAt = [...]int{68, 72, 76}

// mend has the next reading of the container find a directory without the
// links that lead nowhere or back, which the library refuses, and reports
// whether there is something to try again for. What a lost link led to stays
// lost, see [File.Warnings].
func (g *guard) mend(err error) bool {
	fault, ok := errors.AsType[mscfb.Error](err)
	if !ok || fault.Typ() != mscfb.ErrTraverse || g.over || g.mended != nil {
		return false
	}
	head := make([]byte, headerSize)
	if _, err := g.ReadAt(head, 0); err != nil {
		return false
	}
	before := int64(binary.LittleEndian.Uint32(head[mapSectorsAt:])) // they are read before the directory
	if before >= int64(len(g.sectors)) {
		return false
	}
	var directory []byte
	places := g.sectors[before:]
	for _, s := range places {
		b := make([]byte, s.size)
		if _, err := g.ReadAt(b, s.at); err != nil {
			return false
		}
		directory = append(directory, b...)
	}
	if unlink(directory) == 0 {
		return false
	}
	g.mended = make(map[int64][]byte, len(places))
	for _, s := range places {
		g.mended[s.at], directory = directory[:s.size], directory[s.size:]
	}
	return true
}

// unlink takes out of a directory the links to what is no entry and to entries
// that another link has led to before. It counts those that are left.
func unlink(directory []byte) (left int) {
	n := len(directory) / entrySize
	reached := make([]bool, n)
	reached[0] = true
	for todo := []int{0}; len(todo) > 0; {
		entry := directory[todo[0]*entrySize:]
		todo = todo[1:]
		for _, at := range linksAt {
			to := binary.LittleEndian.Uint32(entry[at:])
			if to == nowhere {
				continue
			}
			if int64(to) >= int64(n) || reached[to] || !isEntry(directory[int(to)*entrySize:]) {
				binary.LittleEndian.PutUint32(entry[at:], nowhere)
				continue
			}
			reached[to] = true
			left++
			todo = append(todo, int(to))
		}
	}
	return left
}

func isEntry(b []byte) bool { return b[kindAt] == storage || b[kindAt] == stream }

// place is where the library read.
type place struct {
	at   int64
	size int
}
