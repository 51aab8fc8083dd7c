// For so many seconds: C that burns below cgo, and Go that burns, each 20 frames deep.
package main

/*
static int burn_deeper(int n) {
  volatile int x = n;
  if (n > 0) return burn_deeper(n - 1) + x;
  for (int i = 0; i < 3000000; i++) x += i;
  return x;
}
*/
import "C"

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"
)

func dig(n int) int {
	if n > 0 {
		return dig(n-1) + 1
	}
	s := make([]int, 20000)
	for i := range s {
		s[i] = i * 7919 % 10007
	}
	sort.Ints(s)
	return s[0]
}

func main() {
	seconds, _ := strconv.ParseFloat(os.Args[1], 64)
	end := time.Now().Add(time.Duration(seconds * 1e9))
	done := make(chan int)
	go func() {
		for time.Now().Before(end) {
			C.burn_deeper(20)
		}
		done <- 1
	}()
	for time.Now().Before(end) {
		dig(20)
	}
	fmt.Println(<-done)
}
