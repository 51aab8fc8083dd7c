#include "encoder/trace/trace_fields.h"

#include <catch2/catch.hpp>

#include "encoder/perfetto.pb.h"

using namespace perfetto::protos;
namespace fields = trace_fields;

TEST_CASE("the field numbers of a trace are those of perfetto.proto") {
  CHECK(fields::kPacket == Trace::kPacketFieldNumber);
  CHECK(fields::packet::kClockSnapshot == TracePacket::kClockSnapshotFieldNumber);
  CHECK(fields::packet::kTimestamp == TracePacket::kTimestampFieldNumber);
  CHECK(fields::packet::kSequenceId == TracePacket::kTrustedPacketSequenceIdFieldNumber);
  CHECK(fields::packet::kTrackEvent == TracePacket::kTrackEventFieldNumber);
  CHECK(fields::packet::kInternedData == TracePacket::kInternedDataFieldNumber);
  CHECK(fields::packet::kSequenceFlags == TracePacket::kSequenceFlagsFieldNumber);
  CHECK(fields::packet::kPreviousPacketDropped == TracePacket::kPreviousPacketDroppedFieldNumber);
  CHECK(fields::packet::kDefaults == TracePacket::kTracePacketDefaultsFieldNumber);
  CHECK(fields::packet::kTrackDescriptor == TracePacket::kTrackDescriptorFieldNumber);
  CHECK(fields::packet::kModuleSymbols == TracePacket::kModuleSymbolsFieldNumber);
  CHECK(fields::packet::kPerfSample == TracePacket::kPerfSampleFieldNumber);
  CHECK(fields::defaults::kTrackEventDefaults ==
        TracePacketDefaults::kTrackEventDefaultsFieldNumber);
  CHECK(fields::defaults::kClockId == TracePacketDefaults::kTimestampClockIdFieldNumber);
  CHECK(fields::clock_snapshot::kPrimaryClock == ClockSnapshot::kPrimaryTraceClockFieldNumber);
  CHECK(fields::track::kUuid == TrackDescriptor::kUuidFieldNumber);
  CHECK(fields::track::kName == TrackDescriptor::kNameFieldNumber);
  CHECK(fields::track::kProcess == TrackDescriptor::kProcessFieldNumber);
  CHECK(fields::track::kThread == TrackDescriptor::kThreadFieldNumber);
  CHECK(fields::track::kParentUuid == TrackDescriptor::kParentUuidFieldNumber);
  CHECK(fields::track::kCounter == TrackDescriptor::kCounterFieldNumber);
  CHECK(fields::event::kAnnotations == TrackEvent::kDebugAnnotationsFieldNumber);
  CHECK(fields::event::kType == TrackEvent::kTypeFieldNumber);
  CHECK(fields::event::kTrackUuid == TrackEvent::kTrackUuidFieldNumber);
  CHECK(fields::event::kCategories == TrackEvent::kCategoriesFieldNumber);
  CHECK(fields::event::kName == TrackEvent::kNameFieldNumber);
  CHECK(fields::event::kCounterValue == TrackEvent::kCounterValueFieldNumber);
  CHECK(fields::event::kFlowIds == TrackEvent::kFlowIdsFieldNumber);
  CHECK(fields::event::kTerminatingFlowIds == TrackEvent::kTerminatingFlowIdsFieldNumber);
  CHECK(fields::event::kCallstack == TrackEvent::kCallstackIidFieldNumber);
  CHECK(fields::interned::kFrames == InternedData::kFramesFieldNumber);
  CHECK(fields::interned::kCallstacks == InternedData::kCallstacksFieldNumber);
  CHECK(fields::interned::kMappings == InternedData::kMappingsFieldNumber);
  CHECK(fields::interned::kMappingPaths == InternedData::kMappingPathsFieldNumber);
  CHECK(fields::interned::kBuildIds == InternedData::kBuildIdsFieldNumber);
  CHECK(fields::interned::kFunctionNames == InternedData::kFunctionNamesFieldNumber);
  CHECK(fields::perf_sample::kCallstack == PerfSample::kCallstackIidFieldNumber);
}
