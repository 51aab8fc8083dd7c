#include "tables/tables_view.h"

#include <cstring>

namespace encoder {
namespace {

uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

}  // namespace

bool TablesView::open(const void* base, size_t size_bytes, const char** error,
                      const std::atomic<uint64_t>* committed) {
  const auto* header = static_cast<const layout::Header*>(base);
  const char* why = nullptr;
  if (base == nullptr || size_bytes < sizeof(layout::Header)) {
    why = "the tables are shorter than their header";
  } else if (reinterpret_cast<uintptr_t>(base) % layout::kRefUnit != 0) {
    why = "the tables are not aligned";
  } else if (once(header->magic[0]) == 0) {
    why = "the tables are blank: their process has only just started";
  } else if (std::memcmp(header->magic, layout::kMagic, sizeof layout::kMagic) != 0) {
    why = "these are no tables of libprofiler";
  } else if (header->version != layout::kVersion || header->header_size != sizeof(layout::Header)) {
    why = "the tables are of another version of libprofiler";
  }
  if (why != nullptr) {
    *error = why;
    return false;
  }
  // Each is read once: what is checked below is what the bounds are.
  base_ = static_cast<const uint8_t*>(base);
  size_ = smaller(size_bytes, once(header->limit));
  // pairs with the release store of `committed` behind the pages' becoming readable
  committed_ = committed != nullptr ? committed : &header->committed;
  end_ = smaller(size_, committed_->load(std::memory_order_acquire));
  if (end_ >= sizeof(layout::Header)) return true;
  *error = "the tables say that they have no room for their own header";
  return false;
}

const void* TablesView::range(layout::Ref ref, uint64_t bytes) const {
  const uint64_t offset = ref * layout::kRefUnit;
  if (offset < sizeof(layout::Header) || bytes > size_ || offset > size_ - bytes) return nullptr;
  // Entries made since the view was opened may lie beyond the end of then.
  if (offset + bytes > end_ && offset + bytes > committed_->load(std::memory_order_acquire))
    return nullptr;
  return base_ + offset;
}

std::string_view TablesView::text(layout::Ref ref, uint64_t* bad) const {
  if (ref == 0) return {};
  const auto* text = static_cast<const layout::Text*>(range(ref, offsetof(layout::Text, bytes)));
  if (text != nullptr) {
    const uint32_t length = once(text->length);
    if (range(ref, offsetof(layout::Text, bytes) + uint64_t{length}) != nullptr)
      return {reinterpret_cast<const char*>(text) + offsetof(layout::Text, bytes), length};
  }
  ++*bad;
  return {};
}

std::string_view TablesView::mode_name(unsigned index) const {
  if (index >= layout::kMaxModes) return {};
  const layout::ModeEntry& entry = header().modes[index];
  uint64_t bad = 0;
  // pairs with the release store of a title behind the rest of the row
  const std::string_view title = text(entry.title.load(std::memory_order_acquire), &bad);
  return title.empty() ? name_of(entry.name) : title;
}

bool TablesView::has_file(unsigned index) const {
  if (mode_name(index).empty()) return false;
  if (once(header().modes[index].stands_for_none) == 0) return true;
  for (unsigned i = 0; i < layout::kMaxModes; i++) {
    if (once(header().modes[i].live_kind) == layout::LiveKind::kReferences && i != index &&
        header().modes[i].title.load(std::memory_order_relaxed) != 0) {
      return false;
    }
  }
  return true;
}

bool TablesView::stack(layout::Ref ref, StackView* out) const {
  const auto* stack = static_cast<const layout::Stack*>(range(ref, offsetof(layout::Stack, pc)));
  if (stack == nullptr) return false;
  out->depth = once(stack->depth);
  out->generation = once(stack->generation);
  out->flags = once(stack->flags);
  out->pcs = reinterpret_cast<const uint64_t*>(reinterpret_cast<const uint8_t*>(stack) +
                                               offsetof(layout::Stack, pc));
  return out->depth <= layout::kMaxDepth &&
         range(ref, offsetof(layout::Stack, pc) + out->depth * sizeof(uint64_t)) != nullptr;
}

bool TablesView::label_set(layout::Ref ref, LabelSetView* out) const {
  const auto* set =
      static_cast<const layout::LabelSet*>(range(ref, offsetof(layout::LabelSet, labels)));
  if (set == nullptr) return false;
  out->count = once(set->count);
  out->labels = reinterpret_cast<const layout::Label*>(reinterpret_cast<const uint8_t*>(set) +
                                                       offsetof(layout::LabelSet, labels));
  return range(ref, offsetof(layout::LabelSet, labels) +
                        uint64_t{out->count} * sizeof(layout::Label)) != nullptr;
}

}  // namespace encoder
