//go:build !linux

package handover

import "net"

// checkPeer trusts the folder's mode: nobody else can enter it.
func checkPeer(*net.UnixConn) error { return nil }
