package idnumber

import (
	"bytes"
	"crypto/sha256"
	"strings"
)

const (
	base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
)

// Wallet checks the address of a Bitcoin wallet: Base58Check with version 0 or
// 5, or Bech32 and Bech32m with the prefix "bc1" (BIP 173 and 350).
func Wallet(s string) bool {
	switch {
	case len(s) >= 26 && len(s) <= 35 && (s[0] == '1' || s[0] == '3'):
		return checked58(s)
	case len(s) >= 42 && len(s) <= 62 && strings.HasPrefix(s, "bc1"):
		return checked32(s)
	}
	return false
}

func checked58(s string) bool {
	var raw [25]byte // version, 20 bytes of hash, 4 bytes that check them
	for i := range len(s) {
		carry := strings.IndexByte(base58, s[i])
		if carry < 0 {
			return false
		}
		for j := len(raw) - 1; j >= 0; j-- {
			carry += 58 * int(raw[j])
			raw[j] = byte(carry & 0xff)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	first := sha256.Sum256(raw[:21])
	second := sha256.Sum256(first[:])
	return (raw[0] == 0 || raw[0] == 5) && bytes.Equal(second[:4], raw[21:])
}

func checked32(s string) bool {
	sum := uint32(1)
	step := func(v uint32) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ v
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, c := range []uint32{'b', 'c'} {
		step(c >> 5)
	}
	step(0)
	for _, c := range []uint32{'b', 'c'} {
		step(c & 31)
	}
	for i := 3; i < len(s); i++ {
		v := strings.IndexByte(bech32, s[i])
		if v < 0 {
			return false
		}
		step(uint32(v)) //nolint:gosec // an index below 32
	}
	return sum == 1 || sum == 0x2bc830a3
}
