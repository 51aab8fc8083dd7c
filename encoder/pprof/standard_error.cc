#include "encoder/pprof/standard_error.h"

#include "tables/weight.h"

namespace encoder {

void Estimate::add_row(double more_objects, double more_bytes, uint64_t rate) {
  if (rate <= 1) return add(more_objects, more_bytes, 1);
  double size = more_bytes / more_objects;
  if (!(size >= 1)) size = 1;  // malloc(0) is drawn as one byte
  add(more_objects, more_bytes, 1 / weight::one_minus_exp(size / static_cast<double>(rate)));
}

}  // namespace encoder
