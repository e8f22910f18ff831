package config_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
)

func TestRedis(t *testing.T) {
	const secret = "  secret: 0123456789012345678901234\n"
	for _, tc := range []struct{ name, file, want string }{
		{"an address alone, sealed with the panel's token", "panel: {token: 0123456789012345678901234}\nredis: redis://:hunter2@h:1\n", ""},
		{"everything", "redis:\n  url: rediss://h:1\n  mode: sentinel\n  nodes: ['g:1']\n  master: main\n  sentinel_password: x\n" + secret, ""},
		{"nothing to seal with", "redis: redis://h:1\n", "redis.secret: required"},
		{"too little to seal with", "redis:\n  url: redis://h:1\n  secret: short\n", "redis.secret: 5 characters are too few"},
		{"sentinels that do not know whom to watch", "redis:\n  url: redis://h:1\n  mode: sentinel\n" + secret, "redis.master: required"},
		{"a mode without an address", "redis:\n  mode: cluster\n", "redis.url: required"},
		{"an unknown mode", "redis:\n  url: redis://h:1\n  mode: ring\n" + secret, "redis.mode: \"ring\""},
		{"an unknown key", "redis:\n  addr: redis://h:1\n", "redis.addr: unknown key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := config.Parse("f.yaml", []byte(tc.file), none)
			require.NotContains(t, fmt.Sprintf("%v %+v", err, c), "hunter2")
			if tc.want != "" {
				require.ErrorContains(t, err, tc.want)
				return
			}
			require.NoError(t, err)
			require.True(t, c.Redis.On())
		})
	}
}
