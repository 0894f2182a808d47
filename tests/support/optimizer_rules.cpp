// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/support/optimizer_rules.h"

#include <algorithm>
#include <cmath>

namespace graphc_test {

static double sign_of(double x) { return double(x > 0) - double(x < 0); }

// Riedmiller & Braun 1993, section D; `back`: a step that crossed a minimum is taken back.
static void rprop(double g, double& w, double* s, double first, bool back, int t) {
  double &last = s[0], &size = s[1], &moved = s[2];
  if (t == 1) size = first;
  if (g * last > 0) {
    size = std::min(size * 1.2, 50.0);
    moved = -sign_of(g) * size;
    w += moved;
    last = g;
  } else if (g * last < 0) {
    size = std::max(size * 0.5, 1e-6);
    moved = back ? -moved : 0;
    w += moved;
    last = 0;
  } else {
    moved = -sign_of(g) * size;
    w += moved;
    last = g;
  }
}

std::vector<OptimizerRule> optimizer_rules(double r, double wd) {
  auto decayed = [wd](double g, double w) { return g + wd * w; };
  auto adam_moments = [](double g, double* s, double b1, double b2) {
    s[0] = b1 * s[0] + (1 - b1) * g;
    s[1] = b2 * s[1] + (1 - b2) * g * g;
  };
  auto adam_step = [adam_moments](double g, int t, double* s) {  // Kingma & Ba, algorithm 1
    adam_moments(g, s, 0.9, 0.999);
    double m = s[0] / (1 - std::pow(0.9, t)), v = s[1] / (1 - std::pow(0.999, t));
    return m / (std::sqrt(v) + 1e-8);
  };
  const std::map<std::string, double> rate{{"learning_rate", r}}, decay{{"learning_rate", r}, {"weight_decay", wd}};
  return {
      {"sgd", {{"learning_rate", r}, {"weight_decay", wd}, {"momentum", 0.9}}, [=](double g, double& w, int, double* s) {
         s[0] = 0.9 * s[0] + decayed(g, w);
         w -= r * s[0];
       }},
      {"momentum", decay, [=](double g, double& w, int, double* s) {
         s[0] = 0.9 * s[0] - r * decayed(g, w);
         w += s[0];
       }},
      {"nesterov", decay, [=](double g, double& w, int, double* s) {
         double d = decayed(g, w);
         s[0] = 0.9 * s[0] - r * d;
         w += 0.9 * s[0] - r * d;
       }},
      {"nesterov_torch", decay, [=](double g, double& w, int, double* s) {
         double d = decayed(g, w);
         s[0] = 0.9 * s[0] + d;
         w -= r * (d + 0.9 * s[0]);
       }},
      {"sign_sgd", decay, [=](double g, double& w, int, double*) { w -= r * sign_of(decayed(g, w)); }},
      {"rprop", rate, [=](double g, double& w, int t, double* s) { rprop(g, w, s, r, true, t); }},
      {"rprop_torch", rate, [=](double g, double& w, int t, double* s) { rprop(g, w, s, r, false, t); }},
      {"adagrad", decay, [=](double g, double& w, int, double* s) {
         double d = decayed(g, w);
         s[0] += d * d;
         w -= r * d / (std::sqrt(s[0]) + 1e-10);
       }},
      {"adagrad_keras", decay, [=](double g, double& w, int t, double* s) {
         double d = decayed(g, w);
         if (t == 1) s[0] = 0.1;
         s[0] += d * d;
         w -= r * d / std::sqrt(s[0] + 1e-7);
       }},
      {"adadelta", decay, [=](double g, double& w, int, double* s) {  // Zeiler 2012, algorithm 1
         double d = decayed(g, w);
         s[0] = 0.95 * s[0] + 0.05 * d * d;
         double step = std::sqrt(s[1] + 1e-6) / std::sqrt(s[0] + 1e-6) * d;
         s[1] = 0.95 * s[1] + 0.05 * step * step;
         w -= r * step;
       }},
      {"rmsprop", decay, [=](double g, double& w, int, double* s) {
         double d = decayed(g, w);
         s[0] = 0.9 * s[0] + 0.1 * d * d;
         w -= r * d / std::sqrt(s[0] + 1e-7);
       }},
      {"rmsprop_torch", decay, [=](double g, double& w, int, double* s) {
         double d = decayed(g, w);
         s[0] = 0.99 * s[0] + 0.01 * d * d;
         w -= r * d / (std::sqrt(s[0]) + 1e-8);
       }},
      {"rmsprop_course", rate, [=](double g, double& w, int, double* s) {
         s[0] = 0.9 * s[0] + 0.1 * g * g;
         w -= r / std::sqrt(s[0] + 1e-6) * g;
       }},
      {"adam", decay, [=](double g, double& w, int t, double* s) { w -= r * adam_step(decayed(g, w), t, s); }},
      {"adam_keras", decay, [=](double g, double& w, int t, double* s) {
         adam_moments(decayed(g, w), s, 0.9, 0.999);
         w -= r * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)) * s[0] / (std::sqrt(s[1]) + 1e-7);
       }},
      {"adam_course", rate, [=](double g, double& w, int, double* s) {
         adam_moments(g, s, 0.9, 0.99);
         w -= r * (s[0] / (1 - 0.9)) / std::sqrt(s[1] / (1 - 0.99) + 1e-7);
       }},
      {"adam_uncorrected", rate, [=](double g, double& w, int, double* s) {
         adam_moments(g, s, 0.9, 0.999);
         w -= r * s[0] / (std::sqrt(s[1]) + 1e-8);
       }},
      {"adamax", decay, [=](double g, double& w, int t, double* s) {  // Kingma & Ba, algorithm 2
         double d = decayed(g, w);
         s[0] = 0.9 * s[0] + 0.1 * d;
         s[1] = std::max(0.999 * s[1], std::fabs(d));
         w -= r / (1 - std::pow(0.9, t)) * s[0] / s[1];
       }},
      {"adamax_torch", decay, [=](double g, double& w, int t, double* s) {
         double d = decayed(g, w);
         s[0] = 0.9 * s[0] + 0.1 * d;
         s[1] = std::max(0.999 * s[1], std::fabs(d) + 1e-8);
         w -= r / (1 - std::pow(0.9, t)) * s[0] / s[1];
       }},
      {"adamw", decay, [=](double g, double& w, int t, double* s) { w -= r * adam_step(g, t, s) + wd * w; }},
      {"adamw_torch", decay, [=](double g, double& w, int t, double* s) {
         w -= r * wd * w;
         w -= r * adam_step(g, t, s);
       }},
  };
}

}  // namespace graphc_test
