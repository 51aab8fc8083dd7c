#include "program/report/run_cost.h"

#include "program/profiles/profile_editor.h"

namespace program {

Run run_of(const RunCost& cost) {
  Profile profile;
  ProfileEditor editor(&profile);
  auto* sample = profile.add_sample();
  for (const auto& [type, value] : {std::pair{"time", cost.elapsed_ns}, {"cpu", cost.cpu_ns}}) {
    auto* added = profile.add_sample_type();
    added->set_type(editor.text(type)), added->set_unit(editor.text("nanoseconds"));
    sample->add_value(value);
  }
  profile.add_comment(editor.text("# mode: cost"));
  Run run;
  for (int i = 0; i < profile.sample_type_size(); i++) {
    const FigureName name{"cost", text_of(profile, profile.sample_type(i).type()), "nanoseconds"};
    run.figures.try_emplace(name, Grouping::kFunctionInFile).first->second.add(profile, i);
  }
  return run;
}

}  // namespace program
