// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What users do wrongly on the command line: the exit code, and words of the message.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/driver/run_program.h"
#include "tests/support/golden.h"

using namespace graphc_test;

namespace {

struct Mistake {
  const char* arguments;
  const char* message;
  int code = 2;
};

constexpr Mistake mistakes[] = {
    {"trian examples/digits/digits.gc", "did you mean \"train\"?"},
    {"train", "MODEL is required"},
    {"train no_such_model.gc", "the model file cannot be opened"},
    {"train examples/digits/digits.gc --epoch 3", "did you mean \"--epochs\"?"},
    {"train examples/digits/digits.gc extra", "extra"},
    {"train examples/digits/digits.gc --batch 0", "--batch: '0' is not a whole number from 1"},
    {"train examples/digits/digits.gc --batch -5", "--batch: '-5' is not a whole number from 1"},
    {"train examples/digits/digits.gc --batch 1.5", "--batch: '1.5' is not a whole number from 1"},
    {"train examples/digits/digits.gc --batch 99999999999999999999", "is not a whole number from 1"},
    {"train examples/digits/digits.gc --epochs 0", "--epochs: '0' is not a whole number from 1"},
    {"train examples/digits/digits.gc --epochs many", "--epochs: 'many' is not a whole number from 1"},
    {"train examples/digits/digits.gc --steps 0", "--steps: '0' is not a whole number from 1"},
    {"train examples/digits/digits.gc --threads 0", "--threads: '0' is not a whole number from 1"},
    {"eval examples/digits/digits.gc --weights w --threads two", "--threads: 'two' is not a whole number from 1"},
    {"predict examples/digits/digits.gc --weights w --data d -o p.npy --threads 0.5", "--threads: '0.5' is not a whole number from 1"},
    {"bench examples/digits/digits.gc --threads -1", "--threads: '-1' is not a whole number from 1"},
    {"train examples/digits/digits.gc --seed -1", "--seed: '-1' is not a whole number from 0"},
    {"train examples/digits/digits.gc --shuffle maybe", "'maybe' is neither on nor off"},
    {"train examples/digits/digits.gc --sampling ful", "did you mean \"full\"?"},
    {"train examples/digits/digits.gc --sampling full --shuffle off", "has no use for --shuffle off"},
    {"train examples/digits/digits.gc --sampling full --batch 8", "leave --batch out"},
    {"train examples/digits/digits.gc --sampling independent --batch 2000 --progress none", "cannot be drawn from 1527"},
    {"train examples/digits/digits.gc --stream maybe", "'maybe' is neither on, off nor auto"},
    {"train examples/digits/digits.gc --set learning_rate", "NAME=VALUE is wanted"},
    {"train examples/digits/digits.gc --set learning_rat=1", "learning_rate"},
    {"train examples/digits/digits.gc --set learning_rate=fast", "fast"},
    {"train examples/digits/digits.gc --freeze hiden", "did you mean"},
    {"train examples/digits/digits.gc --freeze '*'", "the loss depends on no trainable parameter"},
    {"train examples/digits/digits.gc --data no_such.csv", "no_such.csv"},
    {"train examples/digits/digits.gc --history h.txt", ".csv, .json or .svg"},
    {"train examples/digits/digits.gc --confusion c.png", ".svg"},
    {"train examples/digits/digits.gc --save no/such/folder/w.safetensors", "there is no folder no/such/folder"},
    {"train examples/digits/digits.gc --progress loud", "progress \"loud\" does not exist"},
    {"train examples/digits/digits.gc --checkpoint README.md", "the folder of checkpoints cannot be made: Not a directory"},
    {"train examples/digits/digits.gc --resume no_such_folder", "the folder of checkpoints cannot be read: No such file"},
    {"train examples/digits/digits.gc --resume d --init w.safetensors", "leave one of the two out"},
    {"train examples/digits/digits.gc --checkpoint-every 5", "--checkpoint-every needs --checkpoint DIR"},
    {"train examples/digits/digits.gc --keep 5", "--keep needs --checkpoint DIR"},
    {"train examples/digits/digits.gc --log-steps 5", "--log-steps needs --log F.jsonl or --tensorboard DIR"},
    {"train examples/digits/digits.gc --tensorboard README.md", "the event file cannot be opened for writing"},
    {"landscape examples/digits/digits.gc --weights w --points 4", "an odd number is wanted"},
    {"landscape examples/digits/digits.gc --weights w --range 0", "--range 0: a positive number is wanted"},
    {"landscape examples/digits/digits.gc --weights w -o l.png", "written as .csv or .svg"},
    {"train examples/digits/digits.gc --not-finite ignore", "'ignore' is neither stop nor skip"},
    {"help cosin", "did you mean"},
    {"train examples/digits/digits.gc --init no_such.safetensors", "no_such.safetensors"},
    {"train tests/bench/models/mlp.gc", "there is no data"},
    {"eval examples/digits/digits.gc", "--weights is required"},
    {"eval examples/digits/digits.gc --weights no_such.safetensors", "no_such.safetensors"},
    {"predict examples/digits/digits.gc --weights w --data digits", "-o is required"},
    {"predict examples/digits/digits.gc --weights w --data digits -o p.csv", ".npy"},
    {"explain examples/digits/digits.gc --no-measure --html no/such/folder/g.html", "cannot write"},
    {"explain examples/digits/digits.gc --entry stop", "did you mean \"step\"?"},
    {"compile examples/digits/digits.gc", "-o is required"},
    {"compile examples/digits/digits.gc -o d --emit object", "'object' is none of the forms"},
    {"compile examples/digits/digits.gc -o d --target nothing-at-all", "nothing-at-all"},
    {"compile examples/digits/digits.gc -o d --cpu pentium9", "has no CPU named pentium9"},
    {"compile examples/digits/digits.gc -o d --cpu znver44", "did you mean znver4?"},
    {"compile examples/digits/digits.gc -o d --target armeb-linux-gnueabihf", "is big-endian"},
    {"compile examples/digits/digits.gc -o d --target x86_64-linux-gnux32", "has pointers of 32 bits"},
    {"compile examples/digits/digits.gc -o d --target x86_64-linux-gnu --cpu i386", "the CPU i386 has 32 bits"},
    {"compile examples/digits/digits.gc -o d --target x86_64-linux-gnu --features -sse2", "there is no SSE2"},
    {"compile examples/digits/digits.gc -o d --target i686-linux-gnu --cpu pentium3", "there is no SSE2"},
    {"compile examples/digits/digits.gc -o d --target thumbv7m-none-eabi", "cortex-m3: there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target thumbv8m.base-none-eabi", "cortex-m23: there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target thumbv7em-none-eabihf --cpu cortex-m3", "note: name a CPU that has it, for example cortex-m4"},
    {"compile examples/digits/digits.gc -o d --target thumbv7em-none-eabihf --features +soft-float", "there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target arm-linux-gnueabi", "there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target aarch64-linux-gnu --features -fp-armv8", "there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target riscv32-unknown-elf --cpu sifive-e31", "note: the extensions F and M are wanted: sifive-e76 has both"},
    {"compile examples/digits/digits.gc -o d --target riscv32-unknown-elf --features -m", "there is no integer multiplication"},
    {"compile examples/digits/digits.gc -o d --target riscv64-linux-gnu --cpu generic-rv32", "has another number of bits"},
    {"compile examples/digits/digits.gc -o d --features +bogus", "has no feature '+bogus'"},
    {"compile examples/digits/digits.gc -o d --target x86_64-linux-gnu --features +avx2,+avx512bx", "did you mean +avx512bw?"},
    {"compile examples/digits/digits.gc -o d --target x86_64-linux-gnu --features -64bit-mode", "is decided by the triple"},
    {"compile examples/digits/digits.gc -o d --target aarch64-linux-gnu --cpu native", "native is the CPU of this machine"},
    {"compile examples/digits/digits.gc -o d --target aarch64_be-linux-gnu", "big-endian"},
    {"compile examples/digits/digits.gc -o d --target thumbv6m-none-eabi", "cortex-m0: there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target thumbv7em-none-eabihf --cpu cortex-m3", "cortex-m3: there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target riscv64-linux-gnu --cpu sifive-s21", "sifive-s21: there is no floating-point unit"},
    {"compile examples/digits/digits.gc -o d --target x86_64-pc-windows-msvc", "objects for Windows are not supported"},
    {"compile examples/digits/digits.gc -o d --target wasm32 --relocation pic", "not position-independent"},
    {"compile examples/digits/digits.gc -o d --target mips-linux-gnu", "has no target mips"},
    {"compile examples/digits/digits.gc -o d --features +avx512ff", "did you mean +avx512f?"},
    {"compile examples/digits/digits.gc -o d --features avx2", "has no feature 'avx2'"},
    {"compile examples/digits/digits.gc -o d --name 3d", "cannot begin the name of a C function"},
    {"compile examples/digits/digits.gc -o d --name graphc", "'graphc' begins names of graphc_abi.h"},
    {"compile examples/digits/digits.gc -o d --memory-budget 100", "the smallest budget that works is"},
    {"bench examples/digits/digits.gc --seconds soon", "--seconds: 'soon' is not a number"},
    {"bench examples/digits/digits.gc --batches no_such.safetensors", "no_such.safetensors"},
    {"help tanhh", "did you mean \"tanh\"?"},
};

}  // namespace

TEST_CASE("mistakes on the command line") {
  for (const Mistake& mistake : mistakes) {
    CAPTURE(std::string(mistake.arguments));
    Ran ran = run_graphc(mistake.arguments);
    CHECK(ran.code == mistake.code);
    CHECK_MESSAGE(ran.err.find(mistake.message) != std::string::npos, ran.err);
    CHECK(ran.out.empty());
  }
}

TEST_CASE("mistakes in a model file are shown with their line") {
  TemporaryFolder folder;
  write_text(folder / "m.gc", "model m\ninput x: f32[batch, 63]\noutput y = x @ w\n");
  Ran ran = run_graphc("summary " + folder / "m.gc");
  CHECK(ran.code == 2);
  CHECK(ran.err.find("m.gc:3:16: error: ") != std::string::npos);
  CHECK(ran.err.find("output y = x @ w\n") != std::string::npos);
}

TEST_CASE("weights of another model are refused by name") {
  TemporaryFolder folder;
  std::string weights = folder / "w.safetensors";
  REQUIRE(run_graphc("train examples/digits/digits.gc --epochs 1 --save " + weights).code == 0);
  Ran ran = run_graphc("bench tests/bench/models/digits.gc --init " + weights);
  CHECK(ran.code == 2);
  CHECK(ran.err.find("tensor \"fc0.w\" (f32[64, 100]) is missing") != std::string::npos);
  CHECK(ran.err.find("tensor \"hidden.weight\" is not in the model") != std::string::npos);
}

TEST_CASE("a model without a loss can be described, not trained") {
  TemporaryFolder folder;
  write_text(folder / "m.gc", "model m\ninput x: f32[batch, 3]\noutput y = dense(x, 2, name: d)\n");
  for (const char* command : {"train ", "bench ", "check "}) {
    Ran ran = run_graphc(command + folder / "m.gc");
    CHECK(ran.code == 2);
    CHECK(ran.err.find("the model minimises nothing") != std::string::npos);
  }
  CHECK(run_graphc("summary " + folder / "m.gc").code == 0);
  CHECK(run_graphc("explain " + folder / "m.gc").code == 0);
}

TEST_CASE("a full disk") {
  Ran ran = run_graphc("train examples/digits/digits.gc --epochs 2 --log /dev/full");
  CHECK(ran.code == 3);
  CHECK(ran.err == "graphc: warning: /dev/full: error: the log could not be written; the training goes on\n");
  CHECK(ran.out.find("96 steps in ") != std::string::npos);
  CHECK(run_graphc("train examples/digits/digits.gc --epochs 1 --history /dev/full").code == 2);  // its ending is no history's
}

TEST_CASE("an output that cannot be written leaves the others") {
  TemporaryFolder folder;
  std::string taken = folder / "taken.csv";
  std::filesystem::create_directory(taken);  // no file can take its place
  Ran ran = run_graphc("train examples/digits/digits.gc --epochs 1 --json --save " + taken + " --history " + taken + " --history " +
                       folder / "h.csv" + " --confusion " + folder / "c.svg");
  CHECK(ran.code == 3);
  size_t first = ran.err.find("graphc: " + taken);
  CHECK(first != std::string::npos);
  CHECK(ran.err.find("graphc: " + taken, first + 1) != std::string::npos);
  CHECK(ran.err.find(" steps in ") != std::string::npos);
  CHECK(ran.out.find("\"train_loss\"") != std::string::npos);
  CHECK(read_file(folder / "h.csv").find("train_loss") != std::string::npos);
  CHECK(read_file(folder / "c.svg").find("<svg") != std::string::npos);
}

TEST_CASE("a disk without room for checkpoints ends no training") {
  TemporaryFolder folder;
  Ran ran = run_graphc("train examples/digits/digits.gc --epochs 2 --checkpoint " + folder / "c", "ulimit -f 20;");
  CHECK(ran.code == 3);
  CHECK(ran.err.find("graphc: warning: no checkpoint of step 48: ") == 0);
  CHECK(ran.err.find("cannot write: File too large") != std::string::npos);
  CHECK(ran.err.find("graphc: 4 checkpoints could not be written\n") != std::string::npos);  // the best ones too
  CHECK(ran.out.find("96 steps in ") != std::string::npos);
}

TEST_CASE("a reader that goes away ends no training") {
  TemporaryFolder folder;
  Ran ran = run_graphc("train examples/digits/digits.gc --epochs 9 --save " + folder / "w.safetensors" + " 2>" + folder / "err" + " | head -c 1");
  CHECK(read_file(folder / "err") == "graphc: standard output cannot be written\n");
  CHECK(run_graphc("eval examples/digits/digits.gc --weights " + folder / "w.safetensors").code == 0);
}

#ifndef GRAPHC_SANITIZE  // it needs more address space than the limit leaves
TEST_CASE("no memory") {
  Ran ran = run_graphc("train examples/digits/digits.gc --batch 1000000000", "ulimit -v 4000000;");
  CHECK(ran.code == 3);
  CHECK(ran.err.find("no memory for the workspace") != std::string::npos);
}
#endif
