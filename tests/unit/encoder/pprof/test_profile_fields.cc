// Compiled is passed: the numbers written by hand are those that protoc makes of profile.proto.
#include <catch2/catch.hpp>

#include "encoder/pprof/profile_fields.h"
#include "encoder/profile.pb.h"

namespace {

namespace p = perftools::profiles;
namespace f = profile_fields;

static_assert(f::profile::kSampleType == p::Profile::kSampleTypeFieldNumber);
static_assert(f::profile::kSample == p::Profile::kSampleFieldNumber);
static_assert(f::profile::kMapping == p::Profile::kMappingFieldNumber);
static_assert(f::profile::kLocation == p::Profile::kLocationFieldNumber);
static_assert(f::profile::kFunction == p::Profile::kFunctionFieldNumber);
static_assert(f::profile::kStringTable == p::Profile::kStringTableFieldNumber);
static_assert(f::profile::kTimeNanos == p::Profile::kTimeNanosFieldNumber);
static_assert(f::profile::kDurationNanos == p::Profile::kDurationNanosFieldNumber);
static_assert(f::profile::kPeriodType == p::Profile::kPeriodTypeFieldNumber);
static_assert(f::profile::kPeriod == p::Profile::kPeriodFieldNumber);
static_assert(f::profile::kComment == p::Profile::kCommentFieldNumber);
static_assert(f::profile::kDefaultSampleType == p::Profile::kDefaultSampleTypeFieldNumber);
static_assert(f::value_type::kType == p::ValueType::kTypeFieldNumber);
static_assert(f::value_type::kUnit == p::ValueType::kUnitFieldNumber);
static_assert(f::sample::kLocationId == p::Sample::kLocationIdFieldNumber);
static_assert(f::sample::kValue == p::Sample::kValueFieldNumber);
static_assert(f::sample::kLabel == p::Sample::kLabelFieldNumber);
static_assert(f::label::kKey == p::Label::kKeyFieldNumber);
static_assert(f::label::kStr == p::Label::kStrFieldNumber);
static_assert(f::label::kNum == p::Label::kNumFieldNumber);
static_assert(f::label::kNumUnit == p::Label::kNumUnitFieldNumber);
static_assert(f::mapping::kId == p::Mapping::kIdFieldNumber);
static_assert(f::mapping::kMemoryStart == p::Mapping::kMemoryStartFieldNumber);
static_assert(f::mapping::kMemoryLimit == p::Mapping::kMemoryLimitFieldNumber);
static_assert(f::mapping::kFileOffset == p::Mapping::kFileOffsetFieldNumber);
static_assert(f::mapping::kFilename == p::Mapping::kFilenameFieldNumber);
static_assert(f::mapping::kBuildId == p::Mapping::kBuildIdFieldNumber);
static_assert(f::location::kId == p::Location::kIdFieldNumber);
static_assert(f::location::kMappingId == p::Location::kMappingIdFieldNumber);
static_assert(f::location::kAddress == p::Location::kAddressFieldNumber);
static_assert(f::location::kLine == p::Location::kLineFieldNumber);
static_assert(f::line::kFunctionId == p::Line::kFunctionIdFieldNumber);
static_assert(f::function::kId == p::Function::kIdFieldNumber);
static_assert(f::function::kName == p::Function::kNameFieldNumber);
static_assert(f::function::kSystemName == p::Function::kSystemNameFieldNumber);

}  // namespace

TEST_CASE("the schema of ours has the published numbers that we do not write", "[encoder]") {
  CHECK(p::Profile::kDropFramesFieldNumber == 7);
  CHECK(p::Profile::kKeepFramesFieldNumber == 8);
  CHECK(p::Profile::kDocUrlFieldNumber == 15);
  CHECK(p::Mapping::kHasFunctionsFieldNumber == 7);
  CHECK(p::Mapping::kHasInlineFramesFieldNumber == 10);
  CHECK(p::Line::kLineFieldNumber == 2);
  CHECK(p::Line::kColumnFieldNumber == 3);
  CHECK(p::Function::kFilenameFieldNumber == 4);
  CHECK(p::Function::kStartLineFieldNumber == 5);
}
