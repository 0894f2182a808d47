// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backpropagation by hand: every partial derivative of a small network, read by its name from the compiled graph, beside the
// closed form that the chain rule gives. Exit 1 where one differs by more than 1e-6. README.md tells the story.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>

#include "examples/backprop_by_hand/closed_form.h"
#include "examples/backprop_by_hand/named_values.h"

using namespace graphc;

namespace {

bool all_agree = true;
double largest_difference = 0;

void print_row(const std::string& name, const std::string& formula, double closed, float compiled) {
  double difference = std::fabs(closed - double(compiled));
  bool agrees = difference <= 1e-6;
  largest_difference = std::max(largest_difference, difference);
  all_agree = all_agree && agrees;
  std::printf("  %-10s %-45s %11.7f %16.9g%s\n", name.c_str(), formula.c_str(), closed, double(compiled),
              agrees ? "" : "  DIFFERS");
}

// With one unit a layer the slides write w3, with several w3_jk: unit j of layer 3, unit k of the layer before.
std::string element(const std::string& name, size_t index, size_t units, bool chain) {
  if (chain) return name;
  return name + "_" + (name[4] == 'w' ? std::to_string(index % units) + std::to_string(index / units) : std::to_string(index));
}

// All partial derivatives of one example, from the last layer to the first.
void print_partials(const Network& network, const Values& compiled, const Values64& closed) {
  bool chain = network.sizes.back() == 1;
  std::string j = chain ? "" : "_j", k = chain ? "" : "_k", jk = j + k.substr(k.empty() ? 0 : 1);
  std::printf("  %-10s %-45s %11s %16s\n", "partial", "chain rule", "closed form", "compiled");
  for (size_t l = network.layers(); l >= 1; l--) {
    std::string n = std::to_string(l), before = std::to_string(l - 1), after = std::to_string(l + 1);
    // Seen from the layer behind it, a unit is an input: k.
    std::string of_sum = (chain ? "w" : "sum over j of w") + after + jk + " dC/dz" + after + j;
    const std::pair<std::string, std::string> rows[] = {
        {"dC/da" + n, l == network.layers() ? "2 (a" + n + j + " - y" + j + ")" : of_sum},
        {"dC/dz" + n, "s'(z" + n + j + ") dC/da" + n + j + ", s' = a" + n + j + " (1 - a" + n + j + ")"},
        {"dC/dw" + n, "a" + before + k + " dC/dz" + n + j},
        {"dC/db" + n, "1 dC/dz" + n + j},
    };
    for (const auto& [name, formula] : rows)
      for (size_t i = 0; i < closed.at(name).size(); i++)
        print_row(element(name, i, network.sizes[l], chain), formula, closed.at(name)[i], compiled.at(name)[i]);
  }
}

// The gradient as one vector: weights and biases of the first layer, then of the next.
template <class Map>
auto gradient_vector(const Network& network, const Map& values) {
  typename Map::mapped_type result;
  for (size_t l = 1; l <= network.layers(); l++)
    for (const char* kind : {"dC/dw", "dC/db"})
      for (auto v : values.at(kind + std::to_string(l))) result.push_back(v);
  return result;
}

void print_vector(const Network& network, const Values& compiled, const Values64& closed) {
  std::vector<float> vector = gradient_vector(network, compiled);
  std::vector<double> expected = gradient_vector(network, closed);
  for (size_t i = 0; i < vector.size(); i++) {
    double difference = std::fabs(expected[i] - double(vector[i]));
    all_agree = all_agree && difference <= 1e-6;
    largest_difference = std::max(largest_difference, difference);
    std::printf("%s%.9g", i ? ", " : "  (", double(vector[i]));
  }
  std::printf(")\n");
}

// Chooses the biases so that layer l's activation is `activations[l]`, as the slides show them.
Network slide_chain(double input, const std::vector<double>& activations, const std::vector<float>& weights) {
  Network n{{1, 1, 1, 1}, {}, {}};
  double before = input;
  for (size_t l = 0; l < activations.size(); l++) {
    n.weights.push_back({weights[l]});
    n.biases.push_back({float(std::log(activations[l] / (1 - activations[l])) - double(weights[l]) * before)});
    before = activations[l];
  }
  return n;
}

void chain() {
  // The slides' numbers: a2 = 0.48, a3 = 0.66, y = 1. They leave a0, a1 and the weights open.
  Network network = slide_chain(0.5, {0.3, 0.48, 0.66}, {0.8f, -1.2f, 1.5f});
  NamedValues compiled(network, "chain");
  std::printf("1. The course's chain: three layers of one unit, C0 = (a3 - y)^2, a = s(z), z = w a' + b\n");
  Example example{{0.5f}, {1.0f}};
  Values values = compiled.run({example});
  std::printf("  a1 = %.9g, a2 = %.9g, a3 = %.9g, y = 1, C0 = %.9g\n", double(values["a1"][0]), double(values["a2"][0]),
              double(values["a3"][0]), double(values["loss"][0]));
  print_partials(network, values, closed_form(network, {example}));

  std::printf("\n2. Computed once, read by several\n");
  for (const auto& [name, readers] : compiled.shared()) {
    std::printf("  %-6s serves", name.c_str());
    for (const std::string& reader : readers) std::printf(" %s", reader.c_str());
    std::printf("\n");
  }

  std::printf("\n3. The gradient as one vector (w1, b1, w2, b2, w3, b3)\n");
  print_vector(network, values, closed_form(network, {example}));

  std::vector<Example> examples = {example, {{-1.0f}, {0.0f}}, {{0.25f}, {1.0f}}, {{2.0f}, {0.5f}}};
  std::printf("\n4. The mean over n = 4 examples: the same program, called with 4 rows\n");
  Values mean = compiled.run(examples);
  std::printf("  C = %.9g\n", double(mean["loss"][0]));
  print_vector(network, mean, closed_form(network, examples));
}

void several_units() {
  Network network{{2, 3, 2},
                  {{0.5f, -0.25f, 0.75f, 1.0f, 0.5f, -1.0f}, {0.25f, -0.5f, 1.25f, 0.75f, -1.0f, 0.5f}},
                  {{0.125f, -0.25f, 0.5f}, {-0.375f, 0.25f}}};
  NamedValues compiled(network, "units");
  std::printf("\n5. Several units a layer: 2 -> 3 -> 2, C0 = sum over j of (a2_j - y_j)^2; w_jk leads from unit k to unit j\n");
  Example example{{0.5f, -0.75f}, {1.0f, 0.0f}};
  Values values = compiled.run({example});
  print_partials(network, values, closed_form(network, {example}));
}

}  // namespace

int main() {
  try {
    std::printf("Numbers of targets %s FMA\n\n", NamedValues(slide_chain(0, {0.5}, {1}), "probe").has_fma() ? "with" : "without");
    chain();
    several_units();
    std::printf("\nAll within 1e-6 of the closed form: %s\n", all_agree ? "yes" : "NO");
    std::fprintf(stderr, "largest difference %.2g\n", largest_difference);
    return all_agree ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
