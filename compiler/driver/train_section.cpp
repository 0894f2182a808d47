// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/train_section.h"

#include "runtime/train/monitor.h"

namespace graphc::driver {

static std::vector<GivenArgument> given(const SettingCall& call) {
  std::vector<GivenArgument> arguments;
  for (const SettingCall::Argument& a : call.arguments)
    arguments.push_back({a.name, std::visit([](const auto& value) -> CallValue { return value; }, a.value)});
  return arguments;
}

[[noreturn]] static void refuse(const ModelFile& file, const Place& place, const std::string& message) {
  throw CompileError({Diagnostic{place, message, {}}}, file.text);
}

// `make` with what the call gives; its errors at the argument that they are about.
template <class Make>
static void resolve(const ModelFile& file, const Setting<SettingCall>& setting, Make make) {
  if (!setting) return;
  try {
    make(setting->name, given(*setting));
  } catch (const CallError& error) {
    bool is_argument = error.argument() < setting->arguments.size();
    refuse(file, is_argument ? setting->arguments[error.argument()].place : setting.place, error.what());
  } catch (const Error& error) {
    refuse(file, setting.place, error.what());
  }
}

void apply_train_section(const ModelFile& file, TrainSettings& settings) {
  resolve(file, file.train.schedule, [&](const std::string& name, const auto& arguments) {
    settings.schedule = Schedule(name, arguments);
  });
  resolve(file, file.train.early_stopping, [&](const std::string& name, const auto& arguments) {
    if (name != early_stopping_record().name) throw CallError("early_stopping: write early_stopping(patience: 5)");
    settings.early_stopping = EarlyStopping(arguments);
  });
  if (file.train.not_finite) settings.not_finite = *file.train.not_finite == "skip" ? NotFinite::skip : NotFinite::stop;
}

void check_monitors(const ModelFile& file, const TrainSettings& settings, Instance& net) {
  std::optional<std::vector<std::string>> of_eval;
  if (settings.validation) of_eval = net.metric_names(settings.eval_entry);
  auto check = [&](const Setting<SettingCall>& setting, const std::string& monitor) {
    try {
      monitored_name(monitor, net.metric_names(settings.step_entry), of_eval);
    } catch (const Error& error) {
      Place place = setting.place;
      for (const SettingCall::Argument& a : setting->arguments)
        if (a.name == "monitor") place = a.place;
      refuse(file, place, error.what());
    }
  };
  if (settings.early_stopping) check(file.train.early_stopping, settings.early_stopping->monitor());
  if (settings.schedule.watches()) check(file.train.schedule, settings.schedule.call().word("monitor"));
}

}  // namespace graphc::driver
