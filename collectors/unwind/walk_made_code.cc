// Frames of code that no object holds: by the instructions behind the call, else by frame pointer.
#include "collectors/unwind/epilogue.h"
#include "collectors/unwind/executable_memory.h"
#include "collectors/unwind/walk.h"

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

// The code is read only where rules lead to it, since a thread that returns there keeps it mapped,
// and only in memory that the program made executable. It may be executable only.
bool Walk::read_epilogue_here(Epilogue* epilogue) const {
  constexpr uint64_t kPage = 4096;
  const uint64_t start = buffer_.registers.get(kRip);
  if (exact_ || !by_rules_ || !executable_memory::holds(start)) return false;
  if (!StackMemory::is_readable(start)) return false;
  const uint64_t room = kPage - start % kPage;
  const size_t size = room < Epilogue::kLongest ? room : Epilogue::kLongest;
  return read_epilogue(reinterpret_cast<const uint8_t*>(start), size, epilogue);
}

Walk::Step Walk::take_epilogue(const Epilogue& epilogue) {
  KnownRegisters& regs = buffer_.registers;
  const uint64_t sp = regs.get(kRsp);
  if (epilogue.from_fp && !regs.has(kRbp)) return Step::kFailed;
  const uint64_t base = epilogue.from_fp ? regs.get(kRbp) : sp;
  const uint64_t at = base + epilogue.return_at;
  uint64_t return_address;
  if (!memory_.is_above(at + 8, sp) || !memory_.load(at, &return_address)) return Step::kFailed;
  uint64_t fp = regs.get(kRbp);
  const bool restores_fp = epilogue.fp_at != Epilogue::kNone;
  if (restores_fp && !memory_.load(base + epilogue.fp_at, &fp)) return Step::kFailed;
  regs.known &= ~epilogue.restored;
  if (restores_fp) regs.set(kRbp, fp);
  return move_to(at + 8, return_address);
}

Walk::Step Walk::take_made_code() {
  Epilogue epilogue;
  if (read_epilogue_here(&epilogue)) {
    const Step step = take_epilogue(epilogue);
    if (step != Step::kFailed) return step;
  }
  return take_frame_pointer();
}
