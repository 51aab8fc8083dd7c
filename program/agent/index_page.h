// The page at /debug/pprof/, whole in itself, and what it asks for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "program/agent/target.h"

namespace program {

// Scripts run in it only if they bear the nonce, which is another one for each answer.
std::string index_page(const std::string& nonce);
std::string page_nonce();

// `shown` may be null: the process has ended.
std::string index_facts(const Target* shown, const std::vector<std::shared_ptr<Target>>& hosts);

}  // namespace program
