// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc_slots.h on a simulated NOR flash: the power goes at every byte, and every bit flips.
#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/abi/graphc_slots.h"

namespace {

constexpr uint64_t fingerprint = 0x0123456789abcdef, other_fingerprint = fingerprint + (uint64_t(1) << 40);

// Where a cut leaves the byte that was being written or erased: some of its bits.
struct Wiring {
  bool backwards;  // the order of bytes inside one erase or one write
  uint8_t torn;    // which bits of the torn byte got their new value
};

struct Flash {
  static constexpr uint32_t slot_bytes = 320;
  static constexpr uint64_t forever = ~uint64_t(0);
  std::array<std::vector<uint8_t>, 2> slot{std::vector<uint8_t>(slot_bytes, 0xFF), std::vector<uint8_t>(slot_bytes, 0xFF)};
  Wiring wiring{false, 0};
  uint64_t bytes_left = forever;  // until the power goes
  uint32_t broken_slot = 2;       // whose reads fail
  uint64_t used = 0;
  bool misused = false;

  bool change(uint8_t& byte, uint8_t to) {
    if (bytes_left == 0) {
      byte = uint8_t((byte & ~wiring.torn) | (to & wiring.torn));
      return false;
    }
    if (bytes_left != forever) bytes_left--;
    used++;
    byte = to;
    return true;
  }
  // False when the power went; nothing works after that.
  template <class To>
  bool change_all(uint32_t slot_index, uint32_t offset, uint32_t bytes, To to) {
    if (is_off) return false;
    for (uint32_t i = 0; i < bytes; i++) {
      uint32_t at = wiring.backwards ? bytes - 1 - i : i;
      uint8_t& byte = slot[slot_index][offset + at];
      if (!change(byte, to(byte, at))) {
        is_off = true;
        return false;
      }
    }
    return true;
  }
  void power_on() { is_off = false, bytes_left = forever; }

  graphc_slots hooks() {
    graphc_slots result{};
    result.size = sizeof result;
    result.user = this;
    result.slot_bytes = slot_bytes;
    result.read = [](void* user, uint32_t slot, uint32_t offset, void* data, uint32_t bytes) -> int32_t {
      Flash& flash = *static_cast<Flash*>(user);
      flash.misused |= slot > 1 || offset % 64 || bytes % 64 || uint64_t(offset) + bytes > slot_bytes;
      if (flash.is_off || flash.misused || slot == flash.broken_slot) return 5;
      std::memcpy(data, flash.slot[slot].data() + offset, bytes);
      return 0;
    };
    result.erase = [](void* user, uint32_t slot) -> int32_t {
      Flash& flash = *static_cast<Flash*>(user);
      flash.misused |= slot > 1;
      return flash.change_all(slot, 0, slot_bytes, [](uint8_t, uint32_t) { return uint8_t(0xFF); }) ? 0 : 7;
    };
    result.write = [](void* user, uint32_t slot, uint32_t offset, const void* data, uint32_t bytes) -> int32_t {
      Flash& flash = *static_cast<Flash*>(user);
      flash.misused |= slot > 1 || offset % 64 || bytes % 64 || uint64_t(offset) + bytes > slot_bytes;
      if (flash.misused) return 8;
      const auto* values = static_cast<const uint8_t*>(data);
      // Writes clear bits only, and each word is written once.
      return flash.change_all(slot, offset, bytes,
                              [&](uint8_t byte, uint32_t at) {
                                flash.misused |= byte != 0xFF;
                                return uint8_t(byte & values[at]);
                              })
                 ? 0
                 : 9;
    };
    return result;
  }

 private:
  bool is_off = false;
};

// Three regions of odd sizes, one of them empty.
struct Contents {
  std::array<uint8_t, 100> params;
  std::array<uint8_t, 64> state;
  uint32_t epoch;
  bool operator==(const Contents&) const = default;

  explicit Contents(uint32_t seed) : epoch(seed) {
    uint32_t x = seed * 2654435761u + 1;
    for (uint8_t& byte : params) byte = uint8_t((x = x * 1664525u + 1013904223u) >> 24);
    for (uint8_t& byte : state) byte = uint8_t((x = x * 1664525u + 1013904223u) >> 24);
  }
  std::array<graphc_region, 4> regions() {
    return {graphc_region{params.data(), sizeof params}, {state.data(), sizeof state}, {nullptr, 0}, {&epoch, sizeof epoch}};
  }
};

int32_t save(Flash& flash, Contents contents, uint64_t model = fingerprint) {
  graphc_slots hooks = flash.hooks();
  return graphc_slots_save(&hooks, model, contents.regions().data(), 4);
}

int32_t load(Flash& flash, Contents& contents, uint64_t model = fingerprint) {
  graphc_slots hooks = flash.hooks();
  return graphc_slots_load(&hooks, model, contents.regions().data(), 4);
}

// Saved `times` times, the last time Contents(times); both slots are then full, where times > 1.
Flash saved(uint32_t times) {
  Flash flash;
  for (uint32_t i = 1; i <= times; i++) REQUIRE(save(flash, Contents(i)) == GRAPHC_SLOTS_OK);
  return flash;
}

// Gives a good slot another sequence number.
void renumber(std::vector<uint8_t>& slot, uint32_t sequence) {
  graphc_slots_set_word(slot.data(), graphc_slot_sequence, sequence);
  graphc_slots_set_word(slot.data(), graphc_slot_head_crc, graphc_slots_crc(0, slot.data(), 4 * graphc_slot_head_crc));
}

// Cuts the saving of Contents(100) at every byte; before it, the flash gives `before` (or nothing, where that is null).
void cut_everywhere(const Flash& start, const Contents* before) {
  Flash whole = start;
  REQUIRE(save(whole, Contents(100)) == GRAPHC_SLOTS_OK);
  uint64_t bytes = whole.used - start.used;
  CHECK(bytes == Flash::slot_bytes + 64 + 128 + 64 + 64);
  const Contents after(100), untouched(77);
  for (Wiring wiring : {Wiring{false, 0}, Wiring{false, 0x0F}, Wiring{false, 0xAA}, Wiring{false, 0x7F}, Wiring{true, 0},
                        Wiring{true, 0xF0}, Wiring{true, 0xFE}}) {
    uint64_t old_ones = 0, new_ones = 0;
    for (uint64_t cut = 0; cut < bytes; cut++) {
      CAPTURE(cut);
      CAPTURE(wiring.backwards);
      CAPTURE(int(wiring.torn));
      Flash flash = start;
      flash.wiring = wiring;
      flash.bytes_left = cut;
      REQUIRE(save(flash, Contents(100)) == GRAPHC_SLOTS_FAILED);
      flash.power_on();
      Contents found = untouched;
      int32_t status = load(flash, found);
      bool is_old = before ? status == GRAPHC_SLOTS_OK && found == *before : status == GRAPHC_SLOTS_NONE && found == untouched;
      bool is_new = status == GRAPHC_SLOTS_OK && found == after;
      REQUIRE((is_old || is_new));
      (is_old ? old_ones : new_ones)++;
      // The next ones are saved as if nothing had been.
      for (uint32_t next = 101; next < 104; next++) {
        REQUIRE(save(flash, Contents(next)) == GRAPHC_SLOTS_OK);
        REQUIRE(load(flash, found) == GRAPHC_SLOTS_OK);
        REQUIRE(found == Contents(next));
      }
      REQUIRE(!flash.misused);
    }
    // New only where nothing was left to write but bits that flash has by itself: at most the word that is written last.
    CHECK(old_ones >= bytes - 4);
    CHECK(old_ones + new_ones == bytes);
  }
}

}  // namespace

TEST_CASE("what was saved comes back") {
  Flash flash;
  Contents found(0);
  CHECK(load(flash, found) == GRAPHC_SLOTS_NONE);
  CHECK(found == Contents(0));
  for (uint32_t i = 1; i < 20; i++) {
    REQUIRE(save(flash, Contents(i)) == GRAPHC_SLOTS_OK);
    REQUIRE(load(flash, found) == GRAPHC_SLOTS_OK);
    REQUIRE(found == Contents(i));
  }
  CHECK(!flash.misused);
}

TEST_CASE("the CRC is that of zlib and Ethernet") {
  CHECK(graphc_slots_crc(0, "123456789", 9) == 0xCBF43926u);
  CHECK(graphc_slots_crc(graphc_slots_crc(0, "12345", 5), "6789", 4) == 0xCBF43926u);
}

TEST_CASE("a power cut at every byte of the first save") { cut_everywhere(Flash{}, nullptr); }

TEST_CASE("a power cut at every byte of a save, into either slot") {
  for (uint32_t times : {1u, 2u, 3u}) {
    CAPTURE(times);
    Contents before(times);
    cut_everywhere(saved(times), &before);
  }
}

TEST_CASE("a power cut at every byte, where the sequence wraps around") {
  for (uint32_t newest : {0xFFFFFFFEu, 0xFFFFFFFFu, 0u, 1u, 0x7FFFFFFFu, 0x80000000u}) {
    CAPTURE(newest);
    Flash flash = saved(2);  // Contents(2) lie in slot 1
    renumber(flash.slot[1], newest);
    renumber(flash.slot[0], newest - 1);
    Contents before(2);
    cut_everywhere(flash, &before);
  }
}

TEST_CASE("a power cut at every byte, where the other slot holds another model's newer contents") {
  Flash flash = saved(3);  // Contents(3) lie in slot 0
  REQUIRE(save(flash, Contents(50), other_fingerprint) == GRAPHC_SLOTS_OK);
  Contents before(3);
  cut_everywhere(flash, &before);
}

TEST_CASE("every flipped bit of a slot is found, and the other slot taken") {
  for (uint32_t times : {2u, 3u}) {
    const Flash start = saved(times);
    uint32_t newest = (times + 1) % 2;
    for (uint32_t bit = 0; bit < 8 * (64 + 128 + 64 + 64); bit++) {
      CAPTURE(bit);
      Contents found(0);
      Flash flash = start;
      flash.slot[newest][bit / 8] ^= uint8_t(1 << bit % 8);
      REQUIRE(load(flash, found) == GRAPHC_SLOTS_OK);
      REQUIRE(found == Contents(times - 1));
      REQUIRE(save(flash, Contents(9)) == GRAPHC_SLOTS_OK);
      REQUIRE(load(flash, found) == GRAPHC_SLOTS_OK);
      REQUIRE(found == Contents(9));

      flash = start;
      flash.slot[1 - newest][bit / 8] ^= uint8_t(1 << bit % 8);
      REQUIRE(load(flash, found) == GRAPHC_SLOTS_OK);
      REQUIRE(found == Contents(times));

      flash.slot[newest][bit / 8] ^= uint8_t(1 << bit % 8);
      REQUIRE(load(flash, found) == GRAPHC_SLOTS_NONE);
    }
  }
}

TEST_CASE("another model's contents are told from none, and are left alone") {
  Flash flash = saved(1);
  Contents found(7);
  CHECK(load(flash, found, other_fingerprint) == GRAPHC_SLOTS_OTHER_MODEL);
  CHECK(load(flash, found, fingerprint ^ 1) == GRAPHC_SLOTS_OTHER_MODEL);
  CHECK(found == Contents(7));
  // Each finds its own, whichever is newer.
  REQUIRE(save(flash, Contents(8), other_fingerprint) == GRAPHC_SLOTS_OK);
  CHECK(load(flash, found, other_fingerprint) == GRAPHC_SLOTS_OK);
  CHECK(found == Contents(8));
  CHECK(load(flash, found) == GRAPHC_SLOTS_OK);
  CHECK(found == Contents(1));
  // What load would take is not what save writes over.
  REQUIRE(save(flash, Contents(2)) == GRAPHC_SLOTS_OK);
  CHECK(load(flash, found) == GRAPHC_SLOTS_OK);
  CHECK(found == Contents(2));
  CHECK(load(flash, found, other_fingerprint) == GRAPHC_SLOTS_OTHER_MODEL);

  // The same model with other regions.
  graphc_slots hooks = flash.hooks();
  std::array<graphc_region, 4> regions = found.regions();
  regions[0].bytes -= 1;
  CHECK(graphc_slots_load(&hooks, fingerprint, regions.data(), 4) == GRAPHC_SLOTS_OTHER_MODEL);
  CHECK(graphc_slots_load(&hooks, fingerprint, regions.data(), 3) == GRAPHC_SLOTS_OTHER_MODEL);
}

TEST_CASE("a slot that cannot be read is a bad slot") {
  Flash flash = saved(2);
  Contents found(0);
  flash.broken_slot = 1;
  CHECK(load(flash, found) == GRAPHC_SLOTS_OK);
  CHECK(found == Contents(1));
  CHECK(save(flash, Contents(3)) == GRAPHC_SLOTS_FAILED);  // does not read back
  CHECK(load(flash, found) == GRAPHC_SLOTS_OK);
  CHECK(found == Contents(1));
}

TEST_CASE("a flash that forgets a bit is noticed while saving") {
  Flash flash = saved(1);
  graphc_slots hooks = flash.hooks();
  hooks.write = [](void* user, uint32_t slot, uint32_t offset, const void* data, uint32_t bytes) -> int32_t {
    std::vector<uint8_t>& stored = static_cast<Flash*>(user)->slot[slot];
    std::memcpy(stored.data() + offset, data, bytes);
    if (offset == 128) stored[offset + 3] ^= 4;
    return 0;
  };
  Contents contents(2), found(0);
  CHECK(graphc_slots_save(&hooks, fingerprint, contents.regions().data(), 4) == GRAPHC_SLOTS_FAILED);
  CHECK(load(flash, found) == GRAPHC_SLOTS_OK);
  CHECK(found == Contents(1));
}

TEST_CASE("sizes and arguments") {
  Flash flash;
  Contents contents(1);
  auto regions = contents.regions();
  graphc_slots hooks = flash.hooks();
  CHECK(graphc_slots_bytes(regions.data(), 4) == 320);
  CHECK(GRAPHC_SLOTS_HEAD + GRAPHC_SLOTS_ROUND(100) + GRAPHC_SLOTS_ROUND(64) + GRAPHC_SLOTS_ROUND(4) == 320);
  CHECK(graphc_slots_bytes(nullptr, 0) == 64);
  graphc_region large[2] = {{&contents, 0x80000000u}, {&contents, 0x80000000u}};
  CHECK(graphc_slots_bytes(large, 1) == 0x80000040u);
  CHECK(graphc_slots_bytes(large, 2) == UINT32_MAX);
  large[0].bytes = UINT32_MAX;
  CHECK(graphc_slots_bytes(large, 1) == UINT32_MAX);
  CHECK(graphc_slots_save(&hooks, fingerprint, large, 2) == GRAPHC_SLOTS_TOO_SMALL);

  auto both = [&](int32_t wanted) {
    CHECK(graphc_slots_save(&hooks, fingerprint, regions.data(), 4) == wanted);
    CHECK(graphc_slots_load(&hooks, fingerprint, regions.data(), 4) == wanted);
    hooks = flash.hooks();
  };
  hooks.slot_bytes = 319, both(GRAPHC_SLOTS_TOO_SMALL);
  hooks.slot_bytes = 0, both(GRAPHC_SLOTS_TOO_SMALL);
  hooks.size = 4, both(GRAPHC_SLOTS_BAD_ARGUMENT);
  hooks.read = nullptr, both(GRAPHC_SLOTS_BAD_ARGUMENT);
  hooks.erase = nullptr, both(GRAPHC_SLOTS_BAD_ARGUMENT);
  hooks.write = nullptr, both(GRAPHC_SLOTS_BAD_ARGUMENT);
  CHECK(graphc_slots_save(nullptr, fingerprint, regions.data(), 4) == GRAPHC_SLOTS_BAD_ARGUMENT);
  CHECK(graphc_slots_load(&hooks, fingerprint, nullptr, 4) == GRAPHC_SLOTS_BAD_ARGUMENT);
  regions[1].data = nullptr, both(GRAPHC_SLOTS_BAD_ARGUMENT);
  CHECK(flash.used == 0);
  for (int32_t status : {GRAPHC_SLOTS_OK, GRAPHC_SLOTS_NONE, GRAPHC_SLOTS_OTHER_MODEL, GRAPHC_SLOTS_TOO_SMALL,
                         GRAPHC_SLOTS_FAILED, GRAPHC_SLOTS_BAD_ARGUMENT})
    CHECK(std::string(graphc_slots_text(status)) != graphc_slots_text(-1));
}
