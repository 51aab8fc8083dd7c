// A static program, which no library can see: burns 50 ms of CPU time, then executes its arguments.
#include <time.h>
#include <unistd.h>

int main(int count, char** arguments) {
  const clock_t end = clock() + CLOCKS_PER_SEC / 20;
  while (clock() < end) {
  }
  if (count > 1) execv(arguments[1], arguments + 1);
  return 1;
}
