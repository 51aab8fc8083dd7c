// Field numbers of Perfetto's TracePacket and what is in it, one namespace a message: those of
// encoder/perfetto.proto, against whose classes a test holds each.
#pragma once

#include <cstdint>

namespace trace_fields {

using Number = uint32_t;

constexpr Number kPacket = 1;

namespace packet {
constexpr Number kClockSnapshot = 6, kTimestamp = 8, kSequenceId = 10, kTrackEvent = 11,
                 kInternedData = 12, kSequenceFlags = 13, kPreviousPacketDropped = 42,
                 kClockId = 58, kDefaults = 59, kTrackDescriptor = 60, kModuleSymbols = 61,
                 kPerfSample = 66;
constexpr uint64_t kStateCleared = 1, kNeedsState = 2;
}  // namespace packet
namespace defaults {
constexpr Number kTrackEventDefaults = 11, kClockId = 58;
}
namespace track_event_defaults {
constexpr Number kTrackUuid = 11;
}
namespace clock_snapshot {
constexpr Number kClocks = 1, kPrimaryClock = 2;
constexpr Number kClockId = 1, kTimestamp = 2;  // of a Clock
constexpr uint64_t kRealtime = 1, kMonotonic = 3;
}  // namespace clock_snapshot
namespace track {
constexpr Number kUuid = 1, kName = 2, kProcess = 3, kThread = 4, kParentUuid = 5, kCounter = 8;
}
namespace process {
constexpr Number kPid = 1, kCommandLine = 2, kName = 6;
}
namespace thread {
constexpr Number kPid = 1, kTid = 2, kName = 5;
}
namespace counter {
constexpr Number kUnit = 3;
constexpr uint64_t kBytes = 3;
}  // namespace counter
namespace event {
constexpr Number kAnnotations = 4, kType = 9, kTrackUuid = 11, kCategories = 22, kName = 23,
                 kCounterValue = 30, kFlowIds = 47, kTerminatingFlowIds = 48, kCallstack = 56;
constexpr uint64_t kBegin = 1, kEnd = 2, kInstant = 3, kCounter = 4;
}  // namespace event
namespace annotation {
constexpr Number kUint = 3, kInt = 4, kString = 6, kPointer = 7, kName = 10;
}
namespace interned {
constexpr Number kFunctionNames = 5, kFrames = 6, kCallstacks = 7, kBuildIds = 16,
                 kMappingPaths = 17, kMappings = 19;
}
namespace interned_string {
constexpr Number kId = 1, kText = 2;
}
namespace mapping {
constexpr Number kId = 1, kBuildId = 2, kStart = 4, kEnd = 5, kPathIds = 7, kExactOffset = 8;
}
namespace frame {
constexpr Number kId = 1, kFunctionName = 2, kMapping = 3, kRelativePc = 4;
}
namespace callstack {
constexpr Number kId = 1, kFrameIds = 2;
}
namespace perf_sample {
constexpr Number kPid = 2, kTid = 3, kCallstack = 4;
}

}  // namespace trace_fields
