#include "preload/recorder/registry.h"

#define COLLECTOR(name) extern const Collector name##_collector;
#include "collectors/collector_list.h"
#undef COLLECTOR

namespace registry {

const Collector* const collectors[] = {
#define COLLECTOR(name) &name##_collector,
#include "collectors/collector_list.h"
#undef COLLECTOR
};
const size_t collector_count = sizeof collectors / sizeof collectors[0];

const Collector* find(std::string_view name) {
  for (const Collector* c : collectors) {
    if (name == c->name) return c;
  }
  return nullptr;
}

}  // namespace registry
