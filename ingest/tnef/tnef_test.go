package tnef_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/tnef"
)

func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s + "\x00")) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// file is a file of attributes.
func file(attributes ...[]byte) []byte {
	out := []byte("\x78\x9f\x3e\x22\x01\x00")
	for _, a := range attributes {
		out = append(out, a...)
	}
	return out
}

func attribute(level byte, id uint32, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte{level}, id)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	sum := uint16(0)
	for _, b := range data {
		sum += uint16(b)
	}
	return binary.LittleEndian.AppendUint16(append(out, data...), sum)
}

// list is a list of properties.
func list(properties ...[]byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(properties)))
	for _, p := range properties {
		out = append(out, p...)
	}
	return out
}

// long is a property of any length, short one of four bytes.
func long(id, kind uint16, data []byte) []byte {
	out := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, kind), id)
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(append(out, data...), make([]byte, -len(data)&3)...)
}

func short(id uint16, value uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16([]byte{3, 0}, id), value)
}

// named is a property with a name and two texts.
func named() []byte {
	out := append([]byte("\x1f\x10\x00\x80"), make([]byte, 16)...)
	out = append(out, "\x01\x00\x00\x00\x06\x00\x00\x00a\x00b\x00\x00\x00\x00\x00"...)
	return append(out, "\x02\x00\x00\x00\x04\x00\x00\x00x\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"...)
}

const (
	ofMessage    = 1
	ofAttachment = 2
)

var (
	western = attribute(ofMessage, 0x00069007, []byte("\xe4\x04\x00\x00\x00\x00\x00\x00"))
	begins  = attribute(ofAttachment, 0x00069002, make([]byte, 14))
)

func inner() []byte {
	return file(attribute(ofMessage, 0x00018004, []byte("Priser\x00")), attribute(ofMessage, 0x0002800C, []byte("Lokket koster 90.\x00")))
}

func sample() []byte {
	object := append([]byte("\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"), inner()...)
	return file(
		western,
		attribute(ofMessage, 0x00018004, []byte("old\x00")),
		attribute(ofMessage, 0x00069003, list(named(), short(0x3FFD, 1252), long(0x0037, 0x1F, wide("SV: Pumpe på Ærø")), long(0x1000, 0x1E, []byte("Er den tett p\xe5 \xc6r\xf8?\r\n\x00")), long(0x0042, 0x1F, wide("Kari")))),
		begins, attribute(ofAttachment, 0x00018010, []byte("HNDBOK~1.TXT\x00")), attribute(ofAttachment, 0x0006800F, []byte("12 kg")), attribute(ofAttachment, 0x00069005, list(long(0x3707, 0x1F, wide("håndbok.txt")))),
		begins, attribute(ofAttachment, 0x00069005, list(short(0x3705, 5), long(0x3701, 0x0D, object))),
		begins, attribute(ofAttachment, 0x0006800F, []byte("x")), attribute(ofAttachment, 0x00069005, list(long(0x370E, 0x1F, wide("image/png")), long(0x3712, 0x1F, wide("1@x")))),
		begins, attribute(ofAttachment, 0x00018010, []byte("pr\xf8ve.csv\x00")), attribute(ofAttachment, 0x0006800F, []byte("a;b")),
	)
}

func TestPropertiesAndAttachments(t *testing.T) {
	m, err := tnef.Read(t.Context(), sample())
	require.NoError(t, err)
	require.Empty(t, m.Warnings)
	require.Equal(t, []string{"SV: Pumpe på Ærø", "Kari", "Er den tett på Ærø?"}, []string{m.Subject, m.From, m.Text})
	require.Len(t, m.Attachments, 3)
	require.Equal(t, "håndbok.txt", m.Attachments[0].Name)
	require.Equal(t, "12 kg", string(m.Attachments[0].Data))
	require.Equal(t, "Priser", m.Attachments[1].Name)
	require.Equal(t, "Lokket koster 90.", m.Attachments[1].Message.Text)
	require.Equal(t, "prøve.csv", m.Attachments[2].Name)
}

func TestAttributesOfOldPrograms(t *testing.T) {
	name := "Kari Nordmann\x00"
	m, err := tnef.Read(t.Context(), append(file(
		western,
		attribute(ofMessage, 0x00078008, []byte("IPM.Microsoft Mail.Note\x00")),
		attribute(ofMessage, 0x00008000, []byte("\x04\x00\x20\x00\x0e\x00\x08\x00"+name+"SMTP:k@f\x00")),
		attribute(ofMessage, 0x00038005, []byte("\xea\x07\x03\x00\x03\x00\x0d\x00\x05\x00\x00\x00\x02\x00")),
		attribute(ofMessage, 0x00018004, []byte("Pumpe p\xe5 \xc6r\xf8\x00")),
		attribute(ofMessage, 0x0002800C, []byte("Er den tett?\x00")),
	), "\r\n"...))
	require.NoError(t, err)
	require.Empty(t, m.Warnings)
	require.Equal(t, []string{"Pumpe på Ærø", "Kari Nordmann", "Er den tett?"}, []string{m.Subject, m.From, m.Text})
	require.Equal(t, time.Date(2026, 3, 3, 13, 5, 0, 0, time.UTC), m.Date)
}

func TestCompressedRichTextIsRead(t *testing.T) {
	hello := "\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0"
	m, err := tnef.Read(t.Context(), file(attribute(ofMessage, 0x00069003, list(long(0x1009, 0x102, []byte(hello))))))
	require.NoError(t, err)
	require.Equal(t, "hello world", m.Text)
}

func TestDamagedFiles(t *testing.T) {
	_, err := tnef.Read(t.Context(), []byte("PK\x03\x04 and so on"))
	require.ErrorIs(t, err, ingest.ErrDamaged)

	whole := sample()
	for n := 7; n < len(whole); n++ {
		_, err := tnef.Read(t.Context(), whole[:n])
		require.NoError(t, err)
	}
	m, err := tnef.Read(t.Context(), whole[:len(whole)-4])
	require.NoError(t, err)
	require.Contains(t, strings.Join(m.Warnings, "\n"), "cut short or damaged; what is there was read")
	require.Len(t, m.Attachments, 3)

	_, err = tnef.Read(t.Context(), file(attribute(ofMessage, 0x00078008, []byte("IPM.Note.SMIME\x00")), begins, attribute(ofAttachment, 0x0006800F, []byte("x"))))
	require.ErrorIs(t, err, ingest.ErrEncrypted)
}

func TestNestedMessagesEnd(t *testing.T) {
	data := inner()
	for range 8 {
		object := append([]byte("\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"), data...)
		data = file(begins, attribute(ofAttachment, 0x00069005, list(short(0x3705, 5), long(0x3701, 0x0D, object))))
	}
	m, err := tnef.Read(t.Context(), data)
	require.NoError(t, err)
	require.Contains(t, strings.Join(m.Warnings, "\n"), "nested more than 3 deep")
}

func TestAttachmentsAreCounted(t *testing.T) {
	data := file()
	for range 500 {
		data = append(append(data, begins...), attribute(ofAttachment, 0x0006800F, []byte("12 kg"))...)
	}
	m, err := tnef.Read(t.Context(), data)
	require.NoError(t, err)
	require.Len(t, m.Attachments, 51)
}

func FuzzRead(f *testing.F) {
	f.Add(sample())
	f.Add(inner())
	f.Add(file(attribute(ofMessage, 0x00069003, []byte("\xff\xff\xff\xff\x03\x10\x37\x00\xff\xff\xff\xff"))))
	f.Add(file(attribute(ofMessage, 0x00069003, []byte("\x01\x00\x00\x00\x01\x10\x37\x00\xff\xff\xff\xff"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := tnef.Read(t.Context(), data)
		if size := len(m.Text) + len(m.HTML); err == nil && size > 100*len(data) {
			t.Fatalf("%d bytes of text from %d", size, len(data))
		}
	})
}
