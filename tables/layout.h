// The tables: everything that is counted, in one mapping, addressed by offset.
//
// The host writes them, the encoder reads them: in the host at its end, or from another process
// that maps the same file after the host was killed. So no pointers, fixed-width fields, and a
// reader that trusts nothing it finds here (tables/tables_view.h).
//
// Writers publish an entry by a release store of its reference into a chain; entries never move and
// are never freed, so a reader that loads a reference with acquire sees a whole entry.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tables/control_layout.h"

namespace layout {

constexpr char kMagic[8] = {'P', 'R', 'O', 'F', 'T', 'A', 'B', '\n'};
// Changes with every change of this file and control_layout.h: a reader refuses tables of another
// version.
constexpr uint32_t kVersion = 14;

// A reference is the distance from the start of the mapping in units of 8 bytes; 0 is none.
using Ref = uint32_t;
using AtomicRef = std::atomic<uint32_t>;
constexpr uint64_t kRefUnit = 8;

constexpr unsigned kMaxModes = 48;  // profiles that the host makes are modes too
constexpr unsigned kMaxValues = 4;
constexpr unsigned kMaxDepth = 1024;
constexpr unsigned kMaxBuildId = 32;
constexpr unsigned kNameSize = 16;

// Hash tables are chains below an array of heads. The array is cut into segments that are allocated
// when first touched, so that a host with ten samples does not pay for a million.
constexpr unsigned kHeadsPerSegment = 1024;
constexpr unsigned kMaxSegments = 64;

struct HashHeads {
  AtomicRef segments[kMaxSegments];
};

// The second table of what is live, of this many times the chains of the first: begun when the
// first has an entry for two chains.
constexpr unsigned kLargeLive = 16;

// An interned string. Not terminated; any bytes.
struct Text {
  AtomicRef next;
  uint32_t hash;
  uint32_t length;
  char bytes[4];  // length bytes in truth
};

// An interned set of labels that a thread carries: its name, and what the host set.
struct Label {
  Ref key;   // Text
  Ref text;  // Text, or 0 for a numeric label
  Ref unit;  // Text, numeric labels only
  uint32_t pad;
  int64_t number;
};
struct LabelSet {
  AtomicRef next;
  uint32_t hash;
  uint32_t count;
  uint32_t pad;
  Label labels[1];  // count in truth
};

// One executable segment of a loaded object (a mapping, in pprof's words).
constexpr uint32_t kObjectMain = 1;  // the program itself: first in every profile
constexpr uint32_t kObjectVdso = 2;
struct Object {
  AtomicRef next;  // the object added before it
  uint32_t flags;
  uint64_t start, end;   // addresses of the segment
  uint64_t file_offset;  // of `start` in the file
  Ref path;              // Text; relative ones are relative to Header::start_directory
  uint32_t build_id_size;
  uint8_t build_id[kMaxBuildId];
  // The span of generations in which the object was there: [born, died). See Header::generation.
  uint32_t born;
  std::atomic<uint32_t> died;  // 0: still there
};

// An interned stack. Addresses are adjusted: a return address is stored minus one, so that it lies
// inside the call; the interrupted pc of a signal is stored as it was.
constexpr uint16_t kStackTruncated =
    1;                                 // deeper than PROFILER_STACK_DEPTH: root frames are missing
constexpr uint16_t kStackUnknown = 2;  // the walk met an address outside all known code, or no rule
// Addresses that stand for a pseudo-frame.
constexpr uint64_t kPcShort = 1;  // CPU time of a thread beyond its ticks
constexpr uint64_t kPcLost = 2;   // CPU time whose ticks never came
constexpr uint64_t kPcUnknown = 3;
constexpr uint64_t kPcLoader = 4;  // CPU time from the exec to the recording
struct Stack {
  AtomicRef next;
  uint32_t hash;
  uint32_t generation;
  uint16_t depth;
  uint16_t flags;
  uint64_t pc[1];  // depth in truth, leaf first
};

// What one stack (with one set of labels) has cost in one mode.
struct Sample {
  AtomicRef next;
  uint32_t hash;
  Ref stack;
  Ref labels;       // LabelSet or 0
  uint64_t detail;  // what ModeEntry::detail_kind says
  uint32_t mode;    // index into Header::modes
  uint32_t pad;
  std::atomic<double> value[kMaxValues];
};

// A sampled block that has not been freed. The address is written last and cleared first; an entry
// whose address is 0 is free to be used again, kLiveBusy is being filled.
constexpr uint64_t kLiveBusy = 1;
struct LiveBlock {
  std::atomic<uint64_t> address;
  std::atomic<uint64_t> size;  // requested bytes
  AtomicRef sample;            // Sample
  AtomicRef next;
};

// A key of a profile that the host makes, in the same form: `address` is the key plus 2 (so that
// keys are neither 0 nor kLiveBusy), `size` is the index of its mode.
constexpr uint64_t kReferenceBias = 2;

// An open descriptor: a word at its number, 0 where none is known. The low half is a Ref to the
// Sample of the opening call, the high half is made of the file's device and number.
constexpr unsigned kDescriptorsPerSegment = 512;
constexpr unsigned kDescriptorSegments = 2048;
struct DescriptorSegment {
  std::atomic<uint64_t> word[kDescriptorsPerSegment];
};
struct DescriptorDirectory {
  AtomicRef segments[kDescriptorSegments];  // DescriptorSegment, made when first needed
};

// What a mode's values from ModeEntry::live_from on are made of.
enum class LiveKind : uint32_t {
  // Header::live: the first value is their number, the second their bytes, both weighted
  // (tables/weight.h, rate = period).
  kBlocks = 0,
  kReferences = 1,   // Header::references: their number
  kDescriptors = 2,  // Header::descriptors: their number
};

// How Sample::detail is shown.
enum class DetailKind : uint32_t {
  kNone = 0,
  kNumber = 1,  // a numeric label detail_key with unit detail_unit
  // String labels: the low half of detail is a Ref to the Text of detail_key, the high half of the
  // one of detail_unit, or 0.
  kText = 2,
  // A string label detail_key, the low half as above, and a numeric label detail_unit: the row's
  // last value. The high half tells rows apart that are one otherwise.
  kTextAndNumber = 3,
};

struct ValueType {
  char type[kNameSize];
  char unit[kNameSize];
};

// One mode that was asked for, with all that a reader has to know to write its profile. Names are
// terminated by a zero byte. A profile that the host made is one more, with its name in `title`.
struct ModeEntry {
  char name[kNameSize];
  uint32_t source;  // the mode whose samples it shows: its own index, or heap's for allocs
  uint32_t value_count;
  ValueType values[kMaxValues];
  uint32_t default_value;  // index into values
  // From this value on, values come from what is live (live_kind) instead of Sample::value.
  // value_count or more: none does.
  uint32_t live_from;
  ValueType period_type;
  uint64_t period;
  DetailKind detail_kind;
  uint32_t on_demand;  // 1: PROFILER_MODE did not ask for it, so it gets no file of its own accord
  char detail_key[kNameSize];
  char detail_unit[kNameSize];
  // Whether events are recorded: read at each, set by recording::arm alone, from the counts below.
  std::atomic<uint32_t> armed;
  std::atomic<uint32_t> written;  // 1: the host has written this mode's last file itself
  LiveKind live_kind;
  // Text: stands for `name`, for the type of the first value and of the period. 0: they do.
  AtomicRef title;
  // 1: has a file only if the host made no profiles; 0: always.
  uint32_t stands_for_none;
  std::atomic<uint32_t> held;     // 1: the program has stopped it itself (profiler_stop)
  std::atomic<uint32_t> wanted;   // how many ask for it from outside, whatever else
  std::atomic<uint32_t> absent;   // 1: its collector could not begin
  std::atomic<uint64_t> samples;  // events recorded, lost ones not among them
  std::atomic<uint64_t> lost;     // events whose stack or values found no room
  std::atomic<double> lost_value[kMaxValues];
};

// Losses and troubles, counted for the comments of every profile.
enum Counter : uint32_t {
  kUnwindFailures,  // a walk that ended before the thread's first frame
  kTruncatedStacks,
  kUnknownCode,     // walks that ended at an address outside all known objects
  kMemoryFull,      // requests for table memory that were refused
  kLiveLost,        // sampled blocks that could not be kept as live
  kTimersFailed,    // threads for which no timer could be made
  kForeignSignals,  // signals of ours from another sender
  kFreedPast,       // sampled blocks whose address came back without a free that was seen
  kDamaged,         // entries that the host found damaged, and chains without an end
  kCounterCount
};

enum class State : uint32_t {
  kRecording = 1,
  kWritten = 2,  // the host has written its profiles itself
};

// What an image leaves for the next one of its process (env/image_start.h).
struct ExecMark {
  uint64_t birth_ticks;  // of the process; from the start on
  uint64_t cpu_ns;       // its clock at the exec; 0: the library saw none
  uint64_t unsaid_ns;    // of it, in no profile
  uint64_t reads;        // how often it had read
  uint64_t name_hash;    // of what was executed; 0: not known
};

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t header_size;
  // Copies for readers: the host goes by its own (tables::Bounds).
  uint64_t limit;                   // size of the mapping, PROFILER_MEMORY
  std::atomic<uint64_t> used;       // bytes handed out, at most limit
  std::atomic<uint64_t> committed;  // bytes that can be touched without a fault
  std::atomic<uint32_t> state;      // State
  int32_t pid;
  int32_t parent_pid;
  uint32_t mode_count;                     // grows when the host makes a profile
  uint64_t start_realtime_ns;              // since 1970
  uint64_t start_monotonic_ns;             // CLOCK_MONOTONIC
  std::atomic<uint64_t> end_monotonic_ns;  // 0: not ended, or not by itself
  // A new generation begins when an address range that once held one object is given to another.
  std::atomic<uint32_t> generation;
  uint32_t stack_depth;  // PROFILER_STACK_DEPTH
  Ref program;           // Text: path of the executable
  Ref program_name;      // Text: base name of what was executed, %e
  Ref command_line;      // Text: arguments joined by NUL
  Ref host_name;         // Text
  Ref start_directory;   // Text: where the program started
  Ref user_labels;       // LabelSet: PROFILER_LABELS
  AtomicRef note;        // Text: sentences for the comments, one a line, or 0
  AtomicRef objects;     // Object, the newest first
  HashHeads texts, label_sets, stacks, samples, live;
  HashHeads large_live[kLargeLive];
  HashHeads references;
  HashHeads large_references[kLargeLive];
  AtomicRef descriptors;  // DescriptorDirectory, or 0
  AtomicRef trace;        // Trace (trace_layout.h), or 0
  // The weight of sampled blocks that found no room among the live ones: allocated, and it is
  // unknown whether they were freed.
  std::atomic<double> unfollowed_objects, unfollowed_bytes;
  std::atomic<uint64_t> counters[kCounterCount];
  ModeEntry modes[kMaxModes];
  // CLOCK_MONOTONIC_COARSE of one of the last eight samples; 0: none was taken.
  std::atomic<uint64_t> last_sample_ns;
  ExecMark exec_mark;
  Control control;
};

static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(std::atomic<uint64_t>) == 8);
static_assert(std::atomic<double>::is_always_lock_free && sizeof(std::atomic<double>) == 8);
static_assert(sizeof(AtomicRef) == 4);
static_assert(sizeof(Sample) == 64 && sizeof(LiveBlock) == 24 && offsetof(Stack, pc) == 16);
static_assert(offsetof(Text, bytes) == 12 && offsetof(LabelSet, labels) == 16);

}  // namespace layout
