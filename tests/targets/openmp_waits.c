// Four threads of OpenMP: a barrier, a critical section and a lock that some wait for.
#include <omp.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  omp_lock_t lock;
  int sum = 0;
  omp_init_lock(&lock);
#pragma omp parallel num_threads(4) reduction(+ : sum)
  {
    if (omp_get_thread_num() == 0) usleep(20000);
#pragma omp barrier
#pragma omp critical
    usleep(5000);
    omp_set_lock(&lock);
    usleep(5000);
    omp_unset_lock(&lock);
    sum += omp_get_thread_num();
  }
  printf("%d\n", sum);
  return 0;
}
