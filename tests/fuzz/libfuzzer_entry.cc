// libFuzzer's entry for the harness that the build names.
#include "tests/fuzz/harnesses.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::HARNESS(data, size);
  return 0;
}
