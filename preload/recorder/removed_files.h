// Whether code of this process runs of which the file is no longer at its path.
#pragma once

namespace removed_files {

// True if the program's file or that of a loaded object was removed, replaced or, the program's,
// renamed. Its names can then be looked up only as long as this process lives. Context: cold.
bool any();

}  // namespace removed_files
