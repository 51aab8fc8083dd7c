#include "collectors/custom.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/counts/reference_table.h"
#include "collectors/counts/sample_table.h"
#include "collectors/threads/labels.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "tables/recording.h"
#include "tables/tables.h"

namespace custom {

namespace {

// Kept here, not in the tables: a forked child's tables are new, the handles it has are not. A
// handle is the address of one. `hash` is of the name, 0: not in use. A thread that asks for that
// name before `named` is set writes it too, the same bytes: no thread waits, and a child that was
// forked meanwhile can go on.
struct Profile {
  std::atomic<uint64_t> hash;
  std::atomic<bool> named;
  std::atomic<uint64_t> replaced;  // keys that were added when they were there
  char name[kLongestName + 1];
};
constinit Profile profiles[kMost]{};

std::atomic<bool> recording;
std::atomic<uint64_t> refused;  // profiles that there was no room for

// The modes of the tables from here on are the profiles', in their order.
uint32_t first_mode;

uint32_t mode_of(const Profile& profile) {
  return first_mode + static_cast<uint32_t>(&profile - profiles);
}

// The handle may be anything.
Profile* profile_of(void* handle) {
  const uint64_t distance =
      reinterpret_cast<uint64_t>(handle) - reinterpret_cast<uint64_t>(profiles);
  if (distance >= sizeof profiles || distance % sizeof(Profile) != 0) return nullptr;
  Profile* profile = profiles + distance / sizeof(Profile);
  return profile->named.load(std::memory_order_acquire) ? profile : nullptr;
}

bool is_recording(const Profile& profile) {
  return recording.load(std::memory_order_relaxed) && tables::is_open() &&
         mode_of(profile) < layout::kMaxModes;
}

// Its row among the modes of the tables. Two threads that do this at once write the same.
void enter(const Profile& profile) {
  if (!is_recording(profile)) return;
  layout::Header& h = tables::header();
  const uint32_t index = mode_of(profile);
  const layout::Ref title = tables::text(profile.name);
  if (title == 0) return;
  layout::ModeEntry& entry = h.modes[index];
  entry.source = index;
  entry.value_count = 1;
  strcpy(entry.values[0].unit, "count");
  strcpy(entry.period_type.unit, "count");
  entry.period = 1;
  entry.live_kind = layout::LiveKind::kReferences;
  // Release: a reader that finds the title finds the rest, and one that finds the count the title.
  entry.title.store(title, std::memory_order_release);
  auto& count = reinterpret_cast<std::atomic<uint32_t>&>(h.mode_count);
  shared_word::change(
      count, [index](uint32_t before) { return before > index ? before : index + 1; },
      std::memory_order_release);
  recording::arm(h);
}

bool is_good(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  for (size_t i = 0; i < name.size();) {
    const size_t length = text::printable_length(text::part(name, i));
    if (length == 0) return false;
    i += length;
  }
  options::Mode mode;
  return !options::find_mode(name, mode);
}

uint64_t hash_of(std::string_view name) {
  uint64_t hash = name.size();
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return hash == 0 ? 1 : hash;
}

}  // namespace

void* profile(const char* given) {
  if (given == nullptr || !recording.load(std::memory_order_relaxed) || !tables::is_open()) {
    return nullptr;
  }
  const std::string_view name(given, strnlen(given, kLongestName + 1));
  if (!is_good(name)) return nullptr;
  const uint64_t hash = hash_of(name);
  for (Profile& profile : profiles) {
    uint64_t has = 0;
    if (!profile.hash.compare_exchange_strong(has, hash) && has != hash) continue;
    if (!profile.named.load(std::memory_order_acquire)) {
      __builtin_memcpy(profile.name, name.data(), name.size());
      profile.named.store(true, std::memory_order_release);
      enter(profile);
    }
    return &profile;
  }
  refused.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

int add(void* handle, const void* key, int skip, const Caller& caller) {
  if (handle == nullptr) return 0;
  Profile* profile = profile_of(handle);
  const auto number = reinterpret_cast<uint64_t>(key);
  if (profile == nullptr || skip < 0 || !reference_table::can_hold(number)) return EINVAL;
  if (!is_recording(*profile)) return 0;
  const arch::CleanState clean;
  const uint32_t mode = mode_of(*profile);
  const layout::Ref stack = capture::caller_beyond(caller, static_cast<uint32_t>(skip));
  // Without values: the count is that of the references that are there.
  const layout::Ref sample =
      sample_table::add({mode, stack, labels::of_host_here(), 0}, nullptr, 0);
  switch (reference_table::put(mode, number, sample)) {
    case reference_table::Put::kNew:
      return 0;
    case reference_table::Put::kReplaced:
      profile->replaced.fetch_add(1, std::memory_order_relaxed);
      return 0;
    default:
      if (sample != 0) sample_table::lose(mode, nullptr, 0);
      return ENOMEM;
  }
}

int remove(void* handle, const void* key) {
  if (handle == nullptr) return 0;
  const Profile* profile = profile_of(handle);
  if (profile == nullptr) return EINVAL;
  const auto number = reinterpret_cast<uint64_t>(key);
  if (reference_table::can_hold(number)) reference_table::remove(mode_of(*profile), number);
  return 0;
}

std::string_view name_of(uint32_t mode) {
  const uint32_t index = mode - first_mode;
  if (index >= kMost || !profiles[index].named.load(std::memory_order_acquire)) return {};
  return {profiles[index].name};
}

void forget() {
  reference_table::forget();
  for (Profile& profile : profiles) profile.replaced.store(0, std::memory_order_relaxed);
}

namespace {

bool start(uint32_t mode, const options::Options&) {
  layout::Header& h = tables::header();
  if (h.modes[mode].stands_for_none == 0) first_mode = tables::mode_count();  // new tables
  h.modes[mode].stands_for_none = 1;
  recording.store(true, std::memory_order_relaxed);
  for (const Profile& profile : profiles) {
    if (profile.named.load(std::memory_order_acquire)) enter(profile);
  }
  return true;
}

void stop() {
  recording.store(false, std::memory_order_relaxed);
}

void note(text::Builder& out) {
  for (const Profile& profile : profiles) {
    const uint64_t replaced = profile.replaced.load(std::memory_order_relaxed);
    if (replaced == 0) continue;
    out << "# " << profile.name << ": keys that were added again: " << replaced << "\n";
  }
  const uint64_t n = refused.load(std::memory_order_relaxed);
  if (n != 0)
    out << "profiles that were refused, there are " << uint64_t{kMost} << " at most: " << n << "\n";
}

}  // namespace

}  // namespace custom

extern const Collector custom_collector;
const Collector custom_collector = {
    .name = "custom",
    .values = {{"custom", "count"}},
    .live_from = 0,
    .period_type = {"custom", "count"},
    .start = custom::start,
    .stop = custom::stop,
    .note = custom::note,
    .live_kind = layout::LiveKind::kReferences,
};
