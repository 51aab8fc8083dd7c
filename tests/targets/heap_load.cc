// Several gigabytes allocated at 15 known sites of known sizes, part of each kept; prints the truth
// and the sizes, from which a test computes how far a sampled profile may be off.
#include <pthread.h>

#include <cstdlib>

#include "truth.h"

namespace {

struct Plan {
  const char* name;
  void* (*site)();
  int64_t bytes, count, keep_every;
};

#define LOAD_SITE(number, size)     \
  SITE void* load_site_##number() { \
    return malloc(size);            \
  }

}  // namespace

// -fno-optimize-sibling-calls keeps these frames.
LOAD_SITE(01, 17)
LOAD_SITE(02, 31)
LOAD_SITE(03, 61)
LOAD_SITE(04, 127)
LOAD_SITE(05, 251)
LOAD_SITE(06, 509)
LOAD_SITE(07, 1021)
LOAD_SITE(08, 2039)
LOAD_SITE(09, 4093)
LOAD_SITE(10, 16381)
LOAD_SITE(11, 65521)
LOAD_SITE(12, 262139)
LOAD_SITE(13, 524287)
LOAD_SITE(14, 1048573)
LOAD_SITE(15, 1572869)

namespace {

const Plan plans[] = {
    {"load_site_01", load_site_01, 17, 6000000, 12},
    {"load_site_02", load_site_02, 31, 4000000, 12},
    {"load_site_03", load_site_03, 61, 3000000, 12},
    {"load_site_04", load_site_04, 127, 2000000, 12},
    {"load_site_05", load_site_05, 251, 1200000, 16},
    {"load_site_06", load_site_06, 509, 600000, 16},
    {"load_site_07", load_site_07, 1021, 300000, 16},
    {"load_site_08", load_site_08, 2039, 200000, 16},
    {"load_site_09", load_site_09, 4093, 100000, 16},
    {"load_site_10", load_site_10, 16381, 25000, 16},
    {"load_site_11", load_site_11, 65521, 8000, 16},
    {"load_site_12", load_site_12, 262139, 2000, 16},
    {"load_site_13", load_site_13, 524287, 1200, 16},
    {"load_site_14", load_site_14, 1048573, 800, 16},
    {"load_site_15", load_site_15, 1572869, 800, 8},
};

void* volatile sink;

// The sites take turns, so that no site has a stretch of the byte countdown for itself.
void* work(void*) {
  constexpr int kRounds = 100;
  for (int round = 0; round < kRounds; round++) {
    for (const Plan& plan : plans) {
      const int64_t from = plan.count * round / kRounds, to = plan.count * (round + 1) / kRounds;
      for (int64_t i = from; i < to; i++) {
        void* p = plan.site();
        sink = p;
        if (i % plan.keep_every != 0) free(p);
      }
    }
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t others[16];
  for (int i = 1; i < threads; i++) pthread_create(&others[i], nullptr, work, nullptr);
  work(nullptr);
  for (int i = 1; i < threads; i++) pthread_join(others[i], nullptr);
  for (const Plan& plan : plans) {
    const int64_t kept = (plan.count + plan.keep_every - 1) / plan.keep_every;
    printf("site %s %lld %lld %lld %lld\n", plan.name, (long long)(threads * plan.count),
           (long long)(threads * plan.count * plan.bytes), (long long)(threads * kept),
           (long long)(threads * kept * plan.bytes));
  }
  return 0;
}
