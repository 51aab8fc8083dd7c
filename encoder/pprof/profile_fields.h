// Field numbers of profile.proto, one namespace a message. A test holds each against the classes
// that protoc makes of encoder/profile.proto.
#pragma once

#include <cstdint>

namespace profile_fields {

using Number = uint32_t;

namespace profile {
constexpr Number kSampleType = 1, kSample = 2, kMapping = 3, kLocation = 4, kFunction = 5,
                 kStringTable = 6, kTimeNanos = 9, kDurationNanos = 10, kPeriodType = 11,
                 kPeriod = 12, kComment = 13, kDefaultSampleType = 14;
}
namespace value_type {
constexpr Number kType = 1, kUnit = 2;
}
namespace sample {
constexpr Number kLocationId = 1, kValue = 2, kLabel = 3;
}
namespace label {
constexpr Number kKey = 1, kStr = 2, kNum = 3, kNumUnit = 4;
}
namespace mapping {
constexpr Number kId = 1, kMemoryStart = 2, kMemoryLimit = 3, kFileOffset = 4, kFilename = 5,
                 kBuildId = 6;
}
namespace location {
constexpr Number kId = 1, kMappingId = 2, kAddress = 3, kLine = 4;
}
namespace line {
constexpr Number kFunctionId = 1;
}
namespace function {
constexpr Number kId = 1, kName = 2, kSystemName = 3;
}

}  // namespace profile_fields
