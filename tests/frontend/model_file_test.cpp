// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the language means: which variables, names and graph a text gives.
#include <doctest/doctest.h>

#include "tests/frontend/error_cases.h"

namespace graphc_test {

using namespace graphc;

// Everything that makes the graph what it is, without places and labels.
static std::string shape_of_graph(const Graph& graph) {
  std::string text;
  for (ValueId v = 0; v < graph.size(); v++) {
    const Node& node = graph[v];
    text += std::string(node.def().name) + " " + to_string(node.type);
    for (ValueId o : node.operands) text += " %" + std::to_string(o);
    for (size_t i = 0; node.op != Op::call && i < node.attributes.size(); i++) {
      if (auto s = std::get_if<std::string>(&node.attributes[i])) text += " " + *s;
      if (auto n = std::get_if<int64_t>(&node.attributes[i])) text += " " + std::to_string(*n);
      if (auto n = std::get_if<std::vector<double>>(&node.attributes[i]))
        for (double d : *n) text += " " + std::to_string(d);
    }
    if (node.op == Op::call) {
      text += " " + graph.body(node).composite + " {\n" + shape_of_graph(*graph.body(node).graph) + "}";
      for (const auto& [name, value] : graph.body(node).arguments) text += " " + name + "=" + std::to_string(value);
    }
    text += "\n";
  }
  for (const Output& o : graph.outputs) text += "output " + o.name + " %" + std::to_string(o.value) + "\n";
  return text;
}

static std::string shape_of_model(const Model& model) {
  std::string text = model.tables.name + "\n";
  for (const InputSpec& i : model.tables.inputs)
    text += i.name + ": " + to_string(i.type) + " " + std::to_string(i.classes) + (i.is_target ? " target\n" : "\n");
  for (const Variable& v : model.tables.variables) {
    text += v.name + ": " + to_string(v.type) + " " + name(v.role) + " " + v.of + " " + v.initializer.name +
            (v.trainable ? "" : " frozen");
    for (const auto& [key, value] : v.initializer.numbers) text += " " + key + "=" + std::to_string(value);
    text += "\n";
  }
  for (const Output& m : model.metrics) text += "metric " + m.name + " %" + std::to_string(m.value) + "\n";
  for (const Minimize& m : model.losses) {
    text += m.step + ": minimize %" + std::to_string(m.loss) + " " + m.optimizer.name;
    for (const auto& [key, value] : m.optimizer.numbers) text += " " + key + "=" + std::to_string(value);
    for (const std::string& pattern : m.over) text += " over " + pattern;
    text += "\n";
  }
  return text + shape_of_graph(model.forward);
}

static ModelFile parsed(const std::string& text, const std::map<std::string, std::string>& sets = {}) {
  return parse_model("model m\ninput x: f32[batch, 4]\n" + text, "m.gc", sets);
}

static std::vector<std::string> variable_names(const ModelFile& file) {
  std::vector<std::string> names;
  for (const Variable& v : file.model.tables.variables) names.push_back(v.name);
  return names;
}
using Names = std::vector<std::string>;

TEST_CASE("digits.gc and the C++ builder give the same module") {
  ModelFile file = read_model((source_root() / "examples" / "digits" / "digits.gc").string());
  Builder b("digits");
  auto x = b.input("x", {batch, 64});
  auto y = b.target("y", classes(10));
  auto hidden = tanh(b.dense("hidden", b.standardize("scaled", x), 100));
  auto logits = b.dense("logits", hidden, 10);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), sgd({.learning_rate = 0.1}));
  CHECK(shape_of_model(file.model) == shape_of_model(b.finish()));

  CHECK(*file.train.data == "digits");
  CHECK(*file.train.test_share == 0.15);
  CHECK(*file.train.split_seed == 37);
  CHECK(*file.train.batch == 32);
  CHECK(*file.train.epochs == 15);
  CHECK(file.train.epochs.place.line == 14);
  CHECK(file.train.epochs.place.column == 11);
  CHECK_FALSE(file.train.shuffle);
  CHECK_FALSE(file.train.validation_share);
}

TEST_CASE("every setting of the train section") {
  ModelFile file = parsed(
      "output p = x\nlet n = 3\ntrain\n  data: \"a.csv\", test: \"b.csv\", validation: 10%\n  shuffle off\n  steps: n * 100\n  "
      "seed 7\n"
      "  batch n\n  sampling: epoch, split stratified\n");
  CHECK(*file.train.test == "b.csv");
  CHECK_FALSE(file.train.test_share);
  CHECK(*file.train.validation_share == 0.1);
  CHECK(*file.train.shuffle == false);
  CHECK(*file.train.steps == 300);
  CHECK(*file.train.seed == 7);
  CHECK(*file.train.batch == 3);
  CHECK(*file.train.sampling == "epoch");
  CHECK(*file.train.split == "stratified");
}

TEST_CASE("calls of the train section") {
  ModelFile file = parsed(
      "output p = x\nlet n = 2\ntrain\n  schedule cosine(n, restarts: n + 1, growth: 50%)\n"
      "  early_stopping(monitor: train_loss, restore_best: false), not_finite skip\n");
  const SettingCall& schedule = *file.train.schedule;
  CHECK(schedule.name == "cosine");
  REQUIRE(schedule.arguments.size() == 3);
  CHECK(schedule.arguments[0].name.empty());
  CHECK(schedule.arguments[0].value == SettingCall::Value(2.0));
  CHECK(schedule.arguments[1].name == "restarts");
  CHECK(schedule.arguments[1].value == SettingCall::Value(3.0));
  CHECK(schedule.arguments[2].value == SettingCall::Value(0.5));
  const SettingCall& stopping = *file.train.early_stopping;
  CHECK(stopping.name == "early_stopping");
  CHECK(stopping.arguments[0].value == SettingCall::Value(std::string("train_loss")));
  CHECK(stopping.arguments[1].value == SettingCall::Value(false));
  CHECK(*file.train.not_finite == "skip");
  file = parsed("output p = x\ntrain\n  schedule: piecewise(at: [1, 2 + 1], factor: [10%, 0.01])\n");
  CHECK(file.train.schedule->arguments[0].value == SettingCall::Value(std::vector<double>{1, 3}));
  CHECK(parsed("output p = x\ntrain\n  schedule inverse_time\n").train.schedule->name == "inverse_time");
  CHECK(parsed("output p = x\ntrain\n  schedule constant, batch (2 * 2)\n").train.schedule->name == "constant");
}

TEST_CASE("the suite's models have the suite's parameter names") {
  auto names = [](const std::string& model) {
    return variable_names(read_model((source_root() / "tests" / "bench" / "models" / (model + ".gc")).string()));
  };
  const std::pair<std::string, int> models[] = {{"logreg", 1}, {"digits", 2}, {"mlp", 3}, {"wide", 4}, {"deep_narrow", 65}, {"autoencoder", 4}};
  for (const auto& model : models) {
    Names expected;
    for (int i = 0; i < model.second; i++)
      for (const char* part : {".w", ".b"}) expected.push_back("fc" + std::to_string(i) + part);
    CHECK_MESSAGE(names(model.first) == expected, model.first);
  }
}

TEST_CASE("names of layers") {
  CHECK(variable_names(parsed("a = dense(x, 3)\noutput a\n")) == Names{"a.weight", "a.bias"});
  CHECK(variable_names(parsed("output p = relu(dense(x, 3, bias: false))\n")) == Names{"p.weight"});
  CHECK(variable_names(parsed("a = dense(dense(x, 5, name: first, bias: false), 3, bias: false)\noutput a\n")) ==
        Names{"first.weight", "a.weight"});
  const std::string block = "block f(x, n)\n  a = dense(x, n, bias: false)\n  return dense(relu(a), n, bias: false)\n";
  CHECK(variable_names(parsed(block + "s = f(x, 3)\noutput s\n")) == Names{"s.a.weight", "s.weight"});
  CHECK(variable_names(parsed(block + "s = repeat 2 f(x, 3)\noutput s\n")) ==
        Names{"s.0.a.weight", "s.0.weight", "s.1.a.weight", "s.1.weight"});
  CHECK(variable_names(parsed(block + "s = f(f(x, 3, name: t.u), 3)\noutput s\n")) ==
        Names{"t.u.a.weight", "t.u.weight", "s.a.weight", "s.weight"});
  const std::string outer = block + "block g(x)\n  b = f(x, 3)\n  return f(b, 2)\n";
  CHECK(variable_names(parsed(outer + "s = repeat 1 g(x)\noutput s\n")) ==
        Names{"s.0.b.a.weight", "s.0.b.weight", "s.0.a.weight", "s.0.weight"});
  // A block without parameters takes no name.
  CHECK(variable_names(parsed("block act(x)\n  return relu(x)\na = act(dense(act(x), 3, bias: false))\noutput a\n")) ==
        Names{"a.weight"});
}

TEST_CASE("parameters by name") {
  CHECK(variable_names(parsed("parameter w: f32[4, 2] = he_uniform()\noutput p = x @ w\n")) == Names{"w"});
  CHECK(variable_names(parsed("block f(x)\n  parameter w: f32[4] = 1\n  return x * w\ns = repeat 2 f(x)\noutput s\n")) ==
        Names{"s.0.w", "s.1.w"});
  CHECK(variable_names(parsed("block f(x, i)\n  parameter fc{i + 1}.w: f32[4] = 1\n  return x * fc{i + 1}.w\ns = repeat 2 as k "
                              "f(x, k)\noutput s\n")) == Names{"fc1.w", "fc2.w"});
  // A layer's parameters can be read too.
  ModelFile tied =
      parsed("h = dense(x, 4)\noutput p = x @ h.weight + h\nminimize mean(p) + 0.1 * sum_of_squares(h.weight) with sgd()\n");
  CHECK(variable_names(tied) == Names{"h.weight", "h.bias"});
  CHECK(parsed("parameter w: f32[4] = 0.5\noutput p = x * w\n").model.tables.variables[0].initializer.numbers.at("value") == 0.5);
}

TEST_CASE("an unused binding creates no parameters") {
  CHECK(variable_names(parsed("a = dense(x, 3)\nb = dense(x, 3)\noutput b\n")) == Names{"b.weight", "b.bias"});
  CHECK(variable_names(parsed("a = dense(x, 3)\nb = dense(a, 3)\noutput p = x\n")).empty());
  const std::string block = "block f(x)\n  a = dense(x, 4, bias: false)\n  b = dense(x, 4, bias: false)\n  return relu(b)\n";
  CHECK(variable_names(parsed(block + "s = repeat 2 f(x)\nt = f(s)\noutput s\n")) == Names{"s.0.b.weight", "s.1.b.weight"});
  CHECK(variable_names(parsed("a = dense(x, 3)\nlet deep = false\noutput p = a if deep else x\n")).empty());
  CHECK(variable_names(parsed("parameter w: f32[4] = 0\noutput p = x\n")).empty());
  // What is left out leaves no trace in the graph.
  CHECK(shape_of_model(parsed("a = dense(x, 3)\nc = relu(a)\nb = dense(x, 3)\noutput b\n").model) ==
        shape_of_model(parsed("b = dense(x, 3)\noutput b\n").model));
}

TEST_CASE("conditions and numbers") {
  const std::string text =
      "let width = 2 * 3 + 1\nlet deep = width > 6\nif deep\n  let depth = 2\nelse if width == 6\n  let depth = 1\nelse\n  let "
      "depth = 0\n"
      "h = dense(x, width)\noutput p = h * depth if deep else h\n";
  CHECK(parsed(text).model.tables.variables[0].type == Type{DType::f32, {4, 7}});
  CHECK(parsed(text, {{"width", "5"}}).model.tables.variables[0].type == Type{DType::f32, {4, 5}});
  CHECK(parsed("output p = dense(x, sqrt(16) - max(1, 2))\n").model.tables.variables[0].type == Type{DType::f32, {4, 2}});
  CHECK(parsed("if 1 < 2\n  a = relu(x)\nelse\n  a = tanh(x)\noutput a\n").model.forward[1].op == Op::call);
  const std::string in_block = "block f(x, skip: true)\n  if skip\n    return relu(x)\n  return tanh(x)\n";
  CHECK(parsed(in_block + "output p = f(x, skip: false)\n").model.forward[1].op == Op::tanh);
}

TEST_CASE("--set reaches lets and optimizer arguments") {
  const std::string text = "let rate = 0.1\nh = dense(x, 3)\nminimize mean(h) with sgd(learning_rate: rate)\n";
  auto numbers = [&](const std::map<std::string, std::string>& sets) {
    return parsed(text, sets).model.losses[0].optimizer.numbers;
  };
  CHECK(numbers({}).at("learning_rate") == 0.1);
  CHECK(numbers({{"rate", "0.5"}}).at("learning_rate") == 0.5);
  CHECK(numbers({{"learning_rate", "1e38"}, {"momentum", "90%"}}).at("momentum") == 0.9);
  CHECK(numbers({{"learning_rate", "1e38"}}).at("learning_rate") == 1e38);
}

TEST_CASE("ops by name, with defaults and axes from the end") {
  auto type_of = [](const std::string& expression) {
    ModelFile file = parsed("constant i: i32[3] = [0, 1, 2]\noutput p = " + expression + "\n");
    return to_string(file.model.forward[file.model.forward.outputs[0].value].type);
  };
  CHECK(type_of("slice(x, axis: -1, start: 1, size: 2)") == "f32[batch, 2]");
  CHECK(type_of("slice(x, 1, 0, 2, step: 2)") == "f32[batch, 2]");
  CHECK(type_of("pad(x, axis: 1, after: 3)") == "f32[batch, 7]");
  CHECK(type_of("concat(x, relu(x), axis: -1)") == "f32[batch, 8]");
  CHECK(type_of("transpose(x, [1, 0])") == "f32[4, batch]");
  CHECK(type_of("reshape(x, [2 * batch, 2])") == "f32[2*batch, 2]");
  CHECK(type_of("broadcast(sum(x, axis: 0), [batch, 2, 4], [2])") == "f32[batch, 2, 4]");
  CHECK(type_of("gather(transpose(x, [1, 0]), i)") == "f32[3, batch]");
  CHECK(type_of("scatter_add(i, cast(i, f32), n: 5)") == "f32[5]");
  CHECK(type_of("contract(x, x, transpose_a: true)") == "f32[4, 4]");
  CHECK(type_of("argmax(x, axis: -1)") == "i32[batch]");
  CHECK(type_of("select(x > 0, x, 0)") == "f32[batch, 4]");
  CHECK(type_of("mean(x, axis: 0) + mean(x, axis: 1) * 0 if false else mean(x, axis: -1)") == "f32[batch]");
  CHECK(type_of("cast(rows(), f32) * mean(x)") == "f32[]");
  CHECK(type_of("-x / 2 + 3 * x - 1") == "f32[batch, 4]");
  CHECK(type_of("max(x, 0)") == "f32[batch, 4]");
  ModelFile product = parsed("parameter w: f32[2, 3] = 0\noutput p = reshape(x, [batch, 2, 2]) @ w\n");
  CHECK(to_string(product.model.forward[product.model.forward.outputs[0].value].type) == "f32[batch, 2, 3]");
}

TEST_CASE("lines go on inside brackets and after operators") {
  CHECK(variable_names(parsed("a = dense(\n  x,   # what\n\n  3\n)\noutput p = a +\n  a *\n    2\n")) ==
        Names{"a.weight", "a.bias"});
  CHECK(parsed("output p = relu(\n    x)\ntrain\n\tbatch 3\n").train.batch == std::optional<int64_t>(3));
}

TEST_CASE("losses over parts, steps and freezing") {
  ModelFile file = parsed(
      "g = dense(x, 4)\nd = dense(g, 1)\nminimize mean(d) with adam() over d as step_d\nminimize -mean(d) with sgd() as step_g "
      "over g.*, d.bias\n"
      "freeze *.bias, d\n");
  REQUIRE(file.model.losses.size() == 2);
  CHECK(file.model.losses[0].step == "step_d");
  CHECK(file.model.losses[1].over == Names{"g.*", "d.bias"});
  std::vector<bool> trainable;
  for (const Variable& v : file.model.tables.variables) trainable.push_back(v.trainable);
  CHECK(trainable == std::vector<bool>{true, false, false, false});
}

TEST_CASE("places are those of the text") {
  ModelFile file = parsed("a = relu(x) +\n    tanh(x)\noutput a\n");
  const Graph& graph = file.model.forward;
  for (ValueId v = 0; v < graph.size(); v++)
    if (graph[v].op == Op::tanh)
      CHECK(to_string(graph.place(v)) == "m.gc:4:5");
    else if (graph[v].op == Op::add)
      CHECK(to_string(graph.place(v)) == "m.gc:3:13");
  CHECK(file.text.starts_with("model m"));
  CHECK(file.path == "m.gc");
}

TEST_CASE("the README's model is a model") {
  std::string text = read_file((source_root() / "compiler/frontend/README.md").string());
  size_t begin = text.find("```\n") + 4;
  ModelFile file = parse_model(text.substr(begin, text.find("```", begin) - begin), "README.md");
  CHECK(file.model.tables.variables.find("body.2.a.weight"));
  CHECK_FALSE(file.model.tables.variables.find("stem.weight")->trainable);
}

}  // namespace graphc_test
