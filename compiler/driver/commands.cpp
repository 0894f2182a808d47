// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/commands.h"

namespace graphc::driver {

static constexpr Command table[] = {
    {"train", "MODEL [OPTION]...", "train a model, on data of its own or of --data", declare_train},
    {"eval", "MODEL --weights F.safetensors [--data SPEC]", "loss and metrics of trained weights", declare_eval},
    {"predict", "MODEL --weights F.safetensors --data SPEC -o OUT.npy", "a model's output for every row", declare_predict},
    {"landscape", "MODEL --weights F.safetensors -o F.svg|F.csv [OPTION]...", "the loss around trained weights", declare_landscape},
    {"check", "MODEL", "every gradient against central differences, in f64", declare_check},
    {"explain", "MODEL [--dot F]", "the chain rule as a graph, what is cached, which kernels compute it", declare_explain},
    {"summary", "MODEL", "layers, parameters, bytes, operations a step", declare_summary},
    {"compile", "MODEL -o DIR [OPTION]...", "an object file for any target, and every form on the way to it", declare_compile},
    {"bench", "MODEL [OPTION]...", "the time of a training step", declare_bench},
    {"help", "[NAME]", "what a command, op or function of the model language does", declare_help},
};

std::span<const Command> commands() { return table; }

}  // namespace graphc::driver
