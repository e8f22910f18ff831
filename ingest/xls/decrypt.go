package xls

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what the format demands
	"crypto/rc4"  //nolint:gosec // what the format demands
	"crypto/sha1" //nolint:gosec // what the format demands
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest"
)

// usual is the password of workbooks that are protected from changes only:
// Excel opens them without asking.
const usual = "VelvetSweatshop"

const blockSize = 1024 // bytes of the stream that one key is for

// decrypt is the workbook's records without the encryption that pass
// describes, where the usual password opens it: [MS-XLS] 2.4.117 and 2.2.10,
// [MS-OFFCRYPTO] 2.3.5 to 2.3.7. Records from from on are encrypted. Before
// BIFF8 there is but one encryption, and pass does not name it.
func decrypt(data []byte, from int, pass []byte, old bool) ([]byte, error) {
	// open decrypts a part of a record's data, which goes from start to end.
	var open func(b []byte, at, start, end int)
	if mixed := newXORKey(usual); old || u16(pass, 0) == 0 {
		if !old {
			pass = pass[min(2, len(pass)):]
		}
		if len(pass) >= 4 && u16(pass, 0) == int(mixed.number) && u16(pass, 2) == int(mixed.hash) {
			open = mixed.open
		}
	} else if key := streamKey(pass); key != nil {
		stream := &keystream{key: key, block: -1}
		open = func(b []byte, at, _, _ int) { stream.xor(b, at) }
	}
	if open == nil {
		return nil, fmt.Errorf("it asks for a password; save it without one: %w", ingest.ErrEncrypted)
	}
	out := slices.Clone(data)
	for pos := from; pos+4 <= len(out); {
		kind, end := u16(out, pos), min(pos+4+u16(out, pos+2), len(out))
		start, clear := pos+4, 0
		switch kind {
		case recBOF, recFilePass, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138: // UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead
			clear = end - start
		case recSheet:
			clear = min(4, end-start)
		}
		open(out[start+clear:end], start+clear, start, end)
		pos = end
	}
	return out, nil
}

// streamKey gives the keys of the encryptions by a stream of bytes, nil when the
// password is another.
func streamKey(pass []byte) func(block uint32) []byte {
	switch {
	case u16(pass, 0) == 1 && u16(pass, 2) == 1:
		return basicKey(pass[min(6, len(pass)):])
	case u16(pass, 0) == 1 && u16(pass, 4) == 2:
		return cryptoKey(pass[min(6, len(pass)):])
	}
	return nil
}

// keystream gives the bytes that those of a stream are encrypted with.
type keystream struct {
	key    func(block uint32) []byte
	block  int
	cipher *rc4.Cipher
	used   int // bytes of the block
}

func (k *keystream) xor(b []byte, at int) {
	for len(b) > 0 {
		if block := at / blockSize; block != k.block {
			k.block, k.used = block, 0
			k.cipher, _ = rc4.NewCipher(k.key(uint32(block))) //nolint:gosec // keys have 5 to 16 bytes
		}
		if skip := at%blockSize - k.used; skip > 0 {
			k.cipher.XORKeyStream(make([]byte, skip), make([]byte, skip))
			k.used += skip
		}
		n := min(len(b), blockSize-at%blockSize)
		k.cipher.XORKeyStream(b[:n], b[:n])
		k.used += n
		at += n
		b = b[n:]
	}
}

func password() []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(usual)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// basicKey derives the keys of the older encryption, nil when the password is
// another.
func basicKey(b []byte) func(uint32) []byte {
	const salt, verifier = 16, 16
	if len(b) < salt+2*verifier {
		return nil
	}
	first := md5.Sum(password()) //nolint:gosec // what the format demands
	var mixed []byte
	for range 16 {
		mixed = append(append(mixed, first[:5]...), b[:salt]...)
	}
	second := md5.Sum(mixed) //nolint:gosec // what the format demands
	key := func(block uint32) []byte {
		sum := md5.Sum(binary.LittleEndian.AppendUint32(slices.Clone(second[:5]), block)) //nolint:gosec // what the format demands
		return sum[:]
	}
	plain := slices.Clone(b[salt : salt+2*verifier])
	(&keystream{key: key, block: -1}).xor(plain, 0)
	if sum := md5.Sum(plain[:verifier]); !bytes.Equal(sum[:], plain[verifier:]) { //nolint:gosec // what the format demands
		return nil
	}
	return key
}

// cryptoKey derives the keys of the encryption through the CryptoAPI, nil when
// the password is another.
func cryptoKey(b []byte) func(uint32) []byte {
	const keySize, fixed = 16, 32 // where the size of keys stands in a header, and its least size
	header := int64(u32(b, 4))
	if header < fixed || 8+header+4+16+16+4+20 > int64(len(b)) {
		return nil
	}
	bits := int(u32(b, 8+keySize))
	if bits == 0 {
		bits = 40
	}
	if bits < 40 || bits > 128 || bits%8 != 0 {
		return nil
	}
	rest := b[8+header+4:]
	salt, verifier, hash := rest[:16], rest[16:32], rest[36:56]
	first := sha1.Sum(append(slices.Clone(salt), password()...)) //nolint:gosec // what the format demands
	key := func(block uint32) []byte {
		sum := sha1.Sum(binary.LittleEndian.AppendUint32(slices.Clone(first[:]), block)) //nolint:gosec // what the format demands
		if bits == 40 {
			return append(slices.Clone(sum[:5]), make([]byte, 11)...)
		}
		return sum[:bits/8]
	}
	plain := append(slices.Clone(verifier), hash...)
	(&keystream{key: key, block: -1}).xor(plain, 0)
	if sum := sha1.Sum(plain[:16]); !bytes.Equal(sum[:], plain[16:]) { //nolint:gosec // what the format demands
		return nil
	}
	return key
}
