// What our server is compared with: net/http/pprof itself, with every profile on.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"sync"
)

func main() {
	runtime.MemProfileRate = 1
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	var kept [][]byte
	var mutex sync.Mutex
	for i := 0; i < 4; i++ {
		go func() {
			for {
				mutex.Lock()
				kept = append(kept[:0:0], make([]byte, 1000))
				mutex.Unlock()
			}
		}()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, nil))
}
