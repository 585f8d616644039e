//go:build unix

package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/server"
	"github.com/reprise-tls/reprise/store/storetest"
)

// slots is how many slots a Cluster has.
const slots = 16384

// startCluster starts three masters that share the slots.
func startCluster(t testing.TB) []*server.Server {
	t.Helper()
	var nodes []*server.Server
	for range 3 {
		// The bus has a port of its own; by default it is 10000 further, and
		// free ports often have none there.
		nodes = append(nodes, startRedis(t,
			"--cluster-enabled", "yes", "--cluster-node-timeout", "5000",
			"--cluster-port", strconv.Itoa(server.FreePort(t))))
	}
	first := nodes[0]
	for i, n := range nodes {
		command(t, n.Addr, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(slots*i/3), strconv.Itoa(slots*(i+1)/3-1))
		command(t, n.Addr, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if n != first {
			bus := myself(t, n)
			command(t, first.Addr, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(n.Port), bus)
		}
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		ready := 0
		for _, n := range nodes {
			info := command(t, n.Addr, "CLUSTER", "INFO")
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") &&
				strings.Contains(info, "cluster_slots_ok:16384") {
				ready++
			}
		}
		if ready == len(nodes) {
			return nodes
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d nodes know the Cluster", ready, len(nodes))
		}
	}
}

// myself returns the port of a node's bus.
func myself(t testing.TB, n *server.Server) string {
	t.Helper()
	for line := range strings.Lines(command(t, n.Addr, "CLUSTER", "NODES")) {
		if strings.Contains(line, "myself") {
			_, after, _ := strings.Cut(strings.Fields(line)[1], "@")
			port, _, _ := strings.Cut(after, ",")
			return port
		}
	}
	t.Fatal("a node does not know itself")
	return ""
}

func TestCluster(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t)
	t.Run("Contract", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) (a, b engine.Store) {
			return newStore(t, nil, nodes[0].Addr), newStore(t, nil, nodes[1].Addr, nodes[2].Addr)
		})
	})
	t.Run("Keys", func(t *testing.T) {
		st := newStore(t, nil, nodes[2].Addr)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		used := map[string]bool{}
		for range 64 {
			id := make([]byte, 32)
			rand.Read(id)
			if err := st.Set(ctx, id, []byte("value"), time.Minute); err != nil {
				t.Fatal(err)
			}
			value, claim := slot(t, nodes[0], st.key("s", id)), slot(t, nodes[0], st.key("c", id))
			if value != claim {
				t.Errorf("a value in slot %d, its claim in %d", value, claim)
			}
			used[strconv.Itoa(value*3/slots)] = true
		}
		if len(used) != 3 {
			t.Errorf("%d of 3 nodes have keys", len(used))
		}
	})
	// One of the nodes dies: its slots fail, the others go on.
	t.Run("NodeDown", func(t *testing.T) {
		for _, n := range nodes {
			command(t, n.Addr, "CONFIG", "SET", "cluster-require-full-coverage", "no")
		}
		st := newStore(t, func(o *Options) { o.Client.ConnWriteTimeout = time.Second }, nodes[0].Addr)
		nodes[2].Kill()
		found, failed := 0, 0
		for n := 0; found < 50 || failed < 10; n++ {
			if n == 10_000 {
				t.Fatalf("%d lookups answered, %d failed", found, failed)
			}
			id := make([]byte, 32)
			rand.Read(id)
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_, err := st.Get(ctx, id)
			cancel()
			if errors.Is(err, engine.ErrNotFound) {
				found++
			} else {
				failed++
			}
		}
	})
}

func slot(t testing.TB, n *server.Server, key string) int {
	t.Helper()
	s, err := strconv.Atoi(command(t, n.Addr, "CLUSTER", "KEYSLOT", key))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
