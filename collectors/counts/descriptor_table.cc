#include "collectors/counts/descriptor_table.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "tables/tables.h"

namespace descriptor_table {

namespace {

constexpr unsigned kPerSegment = layout::kDescriptorsPerSegment;

constinit std::atomic<Segment*> own[layout::kDescriptorSegments]{};

uint64_t value_of(Word word) {
  return uint64_t{word.identity} << 32 | word.sample;
}

Segment* own_segment(unsigned index) {
  Segment* words = own[index].load(std::memory_order_acquire);
  if (words != nullptr) return words;
  const long memory = arch::syscall(SYS_mmap, 0L, sizeof(Segment), PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  if (arch::is_error(memory)) return nullptr;
  auto* fresh = reinterpret_cast<Segment*>(memory);
  if (own[index].compare_exchange_strong(words, fresh, std::memory_order_acq_rel)) return fresh;
  arch::syscall(SYS_munmap, memory, sizeof(Segment));
  return words;
}

// The word in the tables; null where it has no place, and none can or should be made.
std::atomic<uint64_t>* shown(unsigned number, bool make) {
  if (!tables::is_open()) return nullptr;
  auto* directory = tables::at<layout::DescriptorDirectory>(
      tables::header().descriptors.load(std::memory_order_relaxed));
  if (directory == nullptr) return nullptr;
  layout::AtomicRef& place = directory->segments[number / kPerSegment];
  layout::Ref ref = place.load(std::memory_order_acquire);
  if (ref == 0 && make) {
    const layout::Ref fresh = tables::allocate(sizeof(layout::DescriptorSegment));
    if (fresh == 0) return nullptr;
    // The loser's segment is lost, which is rare and bounded.
    if (place.compare_exchange_strong(ref, fresh, std::memory_order_acq_rel)) ref = fresh;
  }
  auto* segment = tables::at<layout::DescriptorSegment>(ref);
  if (segment == nullptr && ref != 0) tables::count(layout::kDamaged);
  return segment == nullptr ? nullptr : &segment->word[number % kPerSegment];
}

std::atomic<uint64_t>* own_word(int number) {
  if (static_cast<unsigned>(number) >= kNumbers) return nullptr;
  Segment* words = segment(static_cast<unsigned>(number) / kPerSegment);
  return words == nullptr ? nullptr : &words->word[static_cast<unsigned>(number) % kPerSegment];
}

}  // namespace

Segment* segment(unsigned index) {
  return own[index].load(std::memory_order_acquire);
}

bool open() {
  const layout::Ref directory = tables::allocate(sizeof(layout::DescriptorDirectory));
  tables::header().descriptors.store(directory, std::memory_order_release);
  return directory != 0;
}

Word get(int number) {
  const std::atomic<uint64_t>* word = own_word(number);
  return word_of(word == nullptr ? 0 : word->load(std::memory_order_relaxed));
}

bool put(int number, Word word) {
  const auto at = static_cast<unsigned>(number);
  if (at >= kNumbers) return false;
  Segment* words = own_segment(at / kPerSegment);
  std::atomic<uint64_t>* to_show = shown(at, true);
  if (words == nullptr || to_show == nullptr) return false;
  words->word[at % kPerSegment].store(value_of(word), std::memory_order_relaxed);
  to_show->store(value_of(word), std::memory_order_release);  // pairs with the encoder
  return true;
}

bool replace(int number, Word before, Word after) {
  const auto at = static_cast<unsigned>(number);
  if (at >= kNumbers) return false;
  Segment* words = own_segment(at / kPerSegment);
  std::atomic<uint64_t>* to_show = shown(at, true);
  if (words == nullptr || to_show == nullptr) return false;
  uint64_t old = value_of(before);
  if (!words->word[at % kPerSegment].compare_exchange_strong(old, value_of(after))) return false;
  to_show->store(value_of(after), std::memory_order_release);
  return true;
}

void clear(int number) {
  std::atomic<uint64_t>* word = own_word(number);
  if (word == nullptr || word->exchange(0, std::memory_order_relaxed) == 0) return;
  std::atomic<uint64_t>* to_show = shown(static_cast<unsigned>(number), false);
  if (to_show != nullptr) to_show->store(0, std::memory_order_relaxed);
}

}  // namespace descriptor_table
