// What a target knows about itself, printed at its end as lines `site NAME alloc_objects
// alloc_bytes inuse_objects inuse_bytes`. Fixed tables: keeping the truth allocates nothing.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>

#define SITE extern "C" __attribute__((noinline, noclone))

namespace truth {

struct Row {
  const char* name;
  int64_t objects, bytes, live_objects, live_bytes;
};
inline Row rows[64];
inline int row_count = 0;

inline Row& of(const char* name) {
  for (int i = 0; i < row_count; i++) {
    if (strcmp(rows[i].name, name) == 0) return rows[i];
  }
  rows[row_count] = {name, 0, 0, 0, 0};
  return rows[row_count++];
}

inline void allocated(const char* name, int64_t bytes) {
  Row& r = of(name);
  r.objects++, r.bytes += bytes, r.live_objects++, r.live_bytes += bytes;
}

inline void freed(const char* name, int64_t bytes) {
  Row& r = of(name);
  r.live_objects--, r.live_bytes -= bytes;
}

// A site that must not show up at all.
inline void nothing(const char* name) {
  of(name);
}

inline void print() {
  for (int i = 0; i < row_count; i++) {
    const Row& r = rows[i];
    printf("site %s %lld %lld %lld %lld\n", r.name, (long long)r.objects, (long long)r.bytes,
           (long long)r.live_objects, (long long)r.live_bytes);
  }
}

}  // namespace truth
