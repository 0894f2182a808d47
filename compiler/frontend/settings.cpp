// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The train section.
#include <algorithm>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/shown.h"

namespace graphc::frontend {

void Elaborator::settings(const Statement& s) {
  if (train_)
    refuse(place(s.spot), "there is a train section already", {"the first stands in line " + std::to_string(train_->spot.line)});
  train_ = &s;
  Naming naming;
  Context c{top_, naming};
  const SettingExpr* x = nullptr;
  auto once = [&](auto& setting) -> auto& {
    if (setting)
      refuse(place(x->spot), x->key + " is given twice", {"the first stands in line " + std::to_string(setting.place.line)});
    return setting;
  };
  auto count = [&](Setting<int64_t>& setting, double low, double high) {
    if (x->value == no_expr) refuse(place(x->value_spot), x->key + " must be a number");
    once(setting).set(whole(x->value, c, x->key, low, high), place(x->value_spot));
  };
  auto text = [&](Setting<std::string>& setting) {
    if (x->text.empty()) refuse(place(x->value_spot), x->key + " must be a string such as \"digits\" or \"file.csv\"");
    once(setting).set(x->text, place(x->value_spot));
  };
  auto call = [&](Setting<SettingCall>& setting) { once(setting).set(setting_call(*x, c), place(x->value_spot)); };
  auto share_or_text = [&](Setting<std::string>& setting, Setting<double>& share) {
    if (share || setting) refuse(place(x->spot), x->key + " is given twice");
    if (!x->text.empty()) return text(setting);
    if (x->value == no_expr) refuse(place(x->value_spot), x->key + " must be a share such as 15%, or a string");
    double n = number(x->value, c, x->key);
    if (!(n > 0 && n < 1))
      refuse(place(x->value_spot), x->key + " must lie between 0% and 100%, got " + shown(n), {"15% is 0.15"});
    share.set(n, place(x->value_spot));
  };
  auto word = [&](Setting<std::string>& setting, const std::vector<std::string>& words) {
    // The parser reads a word as a name.
    const Expr* e = x->value == no_expr ? nullptr : &file_[x->value];
    std::string given = e && e->kind == ExprKind::name && e->name.holes.empty() ? e->name.texts[0] : x->text;
    if (std::find(words.begin(), words.end(), given) == words.end()) {
      std::string list = words[0];
      for (size_t i = 1; i < words.size(); i++) list += (i + 1 < words.size() ? ", " : " or ") + words[i];
      refuse(place(x->value_spot), x->key + " must be " + list, did_you_mean(given, words));
    }
    once(setting).set(given, place(x->value_spot));
  };
  for (const SettingExpr& setting : s.settings) {
    x = &setting;
    if (x->key == "data")
      text(train.data);
    else if (x->key == "test")
      share_or_text(train.test, train.test_share);
    else if (x->key == "validation")
      share_or_text(train.validation, train.validation_share);
    else if (x->key == "split_seed")
      count(train.split_seed, 0, 4294967295.0);
    else if (x->key == "seed")
      count(train.seed, 0, 9007199254740992.0);
    else if (x->key == "batch")
      count(train.batch, 1, 2147483647.0);
    else if (x->key == "epochs")
      count(train.epochs, 1, 2147483647.0);
    else if (x->key == "steps")
      count(train.steps, 1, 9007199254740992.0);
    else if (x->key == "shuffle") {
      if (x->word != "on" && x->word != "off") refuse(place(x->value_spot), "shuffle must be on or off");
      once(train.shuffle).set(x->word == "on", place(x->value_spot));
    } else if (x->key == "sampling") {
      word(train.sampling, {"epoch", "independent", "replacement", "full"});
    } else if (x->key == "split") {
      word(train.split, {"random", "stratified"});
    } else if (x->key == "not_finite") {
      word(train.not_finite, {"stop", "skip"});
    } else if (x->key == "schedule") {
      call(train.schedule);
    } else if (x->key == "early_stopping") {
      call(train.early_stopping);
    } else {
      static const std::vector<std::string> keys = {"data",  "test",    "validation", "split",    "split_seed", "seed",           "batch",
                                                    "epochs", "steps", "shuffle",    "sampling", "schedule",   "early_stopping", "not_finite"};
      auto notes = did_you_mean(x->key, keys);
      if (notes.empty()) {
        std::string all;
        for (const std::string& key : keys) all += (all.empty() ? "" : key == keys.back() ? " and " : ", ") + key;
        notes = {"the settings are " + all};
      }
      refuse(place(x->spot), "train: no setting is named " + x->key, std::move(notes));
    }
  }
  if (train.shuffle && !*train.shuffle && train.sampling && *train.sampling != "epoch")
    refuse(train.sampling.place, "sampling " + *train.sampling + " has no use for shuffle off; leave one of the two out");
  if (train.test_share && train.validation_share && *train.test_share + *train.validation_share >= 1)
    refuse(train.validation_share.place, "test and validation leave no rows to train on");
}

}  // namespace graphc::frontend
