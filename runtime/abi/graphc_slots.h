/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Parameters and state that survive a power cut (C99, nothing behind it).
 *
 * Two slots of flash, EEPROM or a file are written by turns. The data are written first, the head of the slot last, so that
 * after a cut at any byte one slot is good and graphc_slots_load gives either the contents from before graphc_slots_save or
 * those that it was to save. Data and head have a CRC-32 each: every flipped bit is found, and every burst of up to 32 bits.
 *
 * Needs about 1 KB of stack and writes each byte once between two erasures.
 *
 *   graphc_region regions[] = {{&params, sizeof params}, {&state, sizeof state}, {&epoch, sizeof epoch}};
 *   status = graphc_slots_load(&slots, DIGITS_FINGERPRINT, regions, 3);
 *   if (status == GRAPHC_SLOTS_NONE) digits_init(&params, &state, 1);
 */
#ifndef GRAPHC_SLOTS_H
#define GRAPHC_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Apart from the values of graphc_status. */
enum {
  GRAPHC_SLOTS_OK = 0,
  GRAPHC_SLOTS_NONE = -20,        /* no good slot: the first start, or both are damaged */
  GRAPHC_SLOTS_OTHER_MODEL = -21, /* good slots, but of another fingerprint or of other regions */
  GRAPHC_SLOTS_TOO_SMALL = -22,   /* the regions need more than slot_bytes */
  GRAPHC_SLOTS_FAILED = -23,      /* the storage: a hook gave an error, or what was written reads back otherwise */
  GRAPHC_SLOTS_BAD_ARGUMENT = -24 /* a pointer is null, or the struct is of another version */
};

/* Memory to save and to load: params, state, and what else must go with them (the epoch, a calibration). */
typedef struct graphc_region {
  void* data;
  uint32_t bytes;
} graphc_region;

/* The storage. A hook returns 0, or an error of its own. `slot` is 0 or 1; each can be erased without touching the other.
 * offset and bytes are multiples of 64 in write and read: the words of flash with error correction are written whole, and
 * once. write comes after erase only. A read that fails (a word that was cut and does not correct) makes a bad slot, no error. */
typedef struct graphc_slots {
  uint32_t size; /* sizeof(graphc_slots) */
  void* user;
  uint32_t slot_bytes; /* of one slot: at least graphc_slots_bytes(), and whole erase units */
  int32_t (*read)(void* user, uint32_t slot, uint32_t offset, void* data, uint32_t bytes);
  int32_t (*erase)(void* user, uint32_t slot);
  int32_t (*write)(void* user, uint32_t slot, uint32_t offset, const void* data, uint32_t bytes);
} graphc_slots;

/* A constant, for arrays and linker scripts: GRAPHC_SLOTS_HEAD + GRAPHC_SLOTS_ROUND(sizeof params) + ... a slot. */
#define GRAPHC_SLOTS_HEAD 64u
#define GRAPHC_SLOTS_ROUND(bytes) (((uint32_t)(bytes) + 63u) & ~63u)

static inline const char* graphc_slots_text(int32_t status) {
  switch (status) {
    case GRAPHC_SLOTS_OK:
      return "done";
    case GRAPHC_SLOTS_NONE:
      return "nothing is saved there, or it is damaged";
    case GRAPHC_SLOTS_OTHER_MODEL:
      return "what is saved there belongs to another model or version";
    case GRAPHC_SLOTS_TOO_SMALL:
      return "a slot is too small";
    case GRAPHC_SLOTS_FAILED:
      return "the storage failed";
    case GRAPHC_SLOTS_BAD_ARGUMENT:
      return "a pointer is null, or the struct's size is wrong";
    default:
      return "no status of graphc_slots";
  }
}

/* Bytes needed of each slot; UINT32_MAX where that is too much for 32 bits. */
static inline uint32_t graphc_slots_bytes(const graphc_region* regions, uint32_t count) {
  uint32_t sum = GRAPHC_SLOTS_HEAD, i;
  for (i = 0; i < count; i++) {
    if (regions[i].bytes > UINT32_MAX - 63u - sum) return UINT32_MAX;
    sum += GRAPHC_SLOTS_ROUND(regions[i].bytes);
  }
  return sum;
}

/* ---- from here on: internal */

/* The head: sixteen 32-bit words, little endian. The magic stands last: a head that was cut does not have it. */
enum {
  graphc_slot_sequence,
  graphc_slot_data_bytes,
  graphc_slot_fingerprint_low,
  graphc_slot_fingerprint_high,
  graphc_slot_layout, /* CRC of the regions' sizes */
  graphc_slot_data_crc,
  graphc_slot_head_crc = 14, /* of the words before it */
  graphc_slot_magic = 15,
  graphc_slot_words = 16
};
#define GRAPHC_SLOT_MAGIC 0x31746c73u /* "slt1", as bytes; none of them is 0xFF, as erased flash is */

/* CRC-32 as in zlib and Ethernet; four bits at a time, with a table of 64 bytes. Begins with 0. */
static inline uint32_t graphc_slots_crc(uint32_t crc, const void* data, uint32_t bytes) {
  static const uint32_t table[16] = {0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
                                     0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
                                     0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
  const unsigned char* p = (const unsigned char*)data;
  crc = ~crc;
  while (bytes--) {
    crc ^= *p++;
    crc = crc >> 4 ^ table[crc & 15u];
    crc = crc >> 4 ^ table[crc & 15u];
  }
  return ~crc;
}

static inline uint32_t graphc_slots_word(const unsigned char* head, uint32_t index) {
  const unsigned char* p = head + 4 * index;
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void graphc_slots_set_word(unsigned char* head, uint32_t index, uint32_t value) {
  uint32_t i;
  for (i = 0; i < 4; i++) head[4 * index + i] = (unsigned char)(value >> 8 * i & 255u);
}

static inline uint32_t graphc_slots_layout(const graphc_region* regions, uint32_t count) {
  unsigned char word[4];
  uint32_t crc = 0, i;
  for (i = 0; i < count; i++) {
    graphc_slots_set_word(word, 0, regions[i].bytes);
    crc = graphc_slots_crc(crc, word, 4);
  }
  return crc;
}

/* Whether the slot is good, of whatever model; its head, too. */
static inline int graphc_slots_is_good(const graphc_slots* slots, uint32_t slot, unsigned char* head) {
  uint64_t block[8]; /* words, since many a driver wants its buffers aligned */
  uint32_t bytes, crc = 0, at;
  for (at = 0; at < 64; at++) head[at] = 0;
  if (slots->read(slots->user, slot, 0, block, 64)) return 0;
  for (at = 0; at < 64; at++) head[at] = ((const unsigned char*)block)[at];
  if (graphc_slots_word(head, graphc_slot_magic) != GRAPHC_SLOT_MAGIC) return 0;
  if (graphc_slots_word(head, graphc_slot_head_crc) != graphc_slots_crc(0, head, 4 * graphc_slot_head_crc)) return 0;
  bytes = graphc_slots_word(head, graphc_slot_data_bytes);
  if (bytes % 64 || slots->slot_bytes < GRAPHC_SLOTS_HEAD || bytes > slots->slot_bytes - GRAPHC_SLOTS_HEAD) return 0;
  for (at = 0; at < bytes; at += 64) {
    if (slots->read(slots->user, slot, GRAPHC_SLOTS_HEAD + at, block, 64)) return 0;
    crc = graphc_slots_crc(crc, block, 64);
  }
  return crc == graphc_slots_word(head, graphc_slot_data_crc);
}

/* What both slots hold. Sequence numbers wrap around: later is less than half the numbers ahead. */
typedef struct graphc_slots_found {
  unsigned char head[2][64];
  int is_good[2], is_ours[2];
  uint32_t newest; /* of the good slots */
  uint32_t first;  /* of ours, the newest; where none is ours, of the good ones */
} graphc_slots_found;

static inline void graphc_slots_find(const graphc_slots* slots, uint64_t fingerprint, const graphc_region* regions,
                                     uint32_t count, graphc_slots_found* found) {
  uint32_t layout = graphc_slots_layout(regions, count), data_bytes = graphc_slots_bytes(regions, count) - GRAPHC_SLOTS_HEAD,
           slot, ahead;
  for (slot = 0; slot < 2; slot++) {
    const unsigned char* head = found->head[slot];
    found->is_good[slot] = graphc_slots_is_good(slots, slot, found->head[slot]);
    found->is_ours[slot] =
        found->is_good[slot] && graphc_slots_word(head, graphc_slot_fingerprint_low) == (uint32_t)fingerprint &&
        graphc_slots_word(head, graphc_slot_fingerprint_high) == (uint32_t)(fingerprint >> 32) &&
        graphc_slots_word(head, graphc_slot_layout) == layout && graphc_slots_word(head, graphc_slot_data_bytes) == data_bytes;
  }
  ahead = graphc_slots_word(found->head[1], graphc_slot_sequence) - graphc_slots_word(found->head[0], graphc_slot_sequence);
  found->newest = found->is_good[0] && found->is_good[1] ? ahead - 1u < 0x7fffffffu : (uint32_t)found->is_good[1];
  found->first = found->is_ours[0] == found->is_ours[1] ? found->newest : (uint32_t)found->is_ours[1];
}

static inline int32_t graphc_slots_check(const graphc_slots* slots, const graphc_region* regions, uint32_t count) {
  uint32_t i, bytes;
  if (!slots || slots->size < (uint32_t)sizeof *slots || !slots->read || !slots->erase || !slots->write || (count && !regions))
    return GRAPHC_SLOTS_BAD_ARGUMENT;
  for (i = 0; i < count; i++)
    if (!regions[i].data && regions[i].bytes) return GRAPHC_SLOTS_BAD_ARGUMENT;
  bytes = graphc_slots_bytes(regions, count);
  return bytes == UINT32_MAX || bytes > slots->slot_bytes ? GRAPHC_SLOTS_TOO_SMALL : GRAPHC_SLOTS_OK;
}

static inline int graphc_slots_read_regions(const graphc_slots* slots, uint32_t slot, const graphc_region* regions,
                                            uint32_t count, uint32_t wanted_crc) {
  uint64_t block[8];
  uint32_t at = GRAPHC_SLOTS_HEAD, crc = 0, i, done, part, b;
  for (i = 0; i < count; i++)
    for (done = 0; done < regions[i].bytes; done += 64, at += 64) {
      if (slots->read(slots->user, slot, at, block, 64)) return 0;
      crc = graphc_slots_crc(crc, block, 64);
      part = regions[i].bytes - done < 64 ? regions[i].bytes - done : 64;
      for (b = 0; b < part; b++) ((unsigned char*)regions[i].data)[done + b] = ((const unsigned char*)block)[b];
    }
  return crc == wanted_crc;
}

/* ---- what one calls */

/* The newest good slot of this model into the regions; of which model, its fingerprint says (PREFIX_FINGERPRINT in PREFIX.h).
 * GRAPHC_SLOTS_NONE and GRAPHC_SLOTS_OTHER_MODEL leave the regions alone; after GRAPHC_SLOTS_FAILED they hold nothing of use. */
static inline int32_t graphc_slots_load(const graphc_slots* slots, uint64_t fingerprint, const graphc_region* regions,
                                        uint32_t count) {
  graphc_slots_found found;
  uint32_t turn, slot;
  int32_t status = graphc_slots_check(slots, regions, count);
  if (status != GRAPHC_SLOTS_OK) return status;
  graphc_slots_find(slots, fingerprint, regions, count, &found);
  if (!found.is_good[0] && !found.is_good[1]) return GRAPHC_SLOTS_NONE;
  if (!found.is_ours[0] && !found.is_ours[1]) return GRAPHC_SLOTS_OTHER_MODEL;
  for (turn = 0; turn < 2; turn++) {
    slot = found.first ^ turn;
    if (found.is_ours[slot] &&
        graphc_slots_read_regions(slots, slot, regions, count, graphc_slots_word(found.head[slot], graphc_slot_data_crc)))
      return GRAPHC_SLOTS_OK;
  }
  return GRAPHC_SLOTS_FAILED;
}

/* Writes the regions into the slot that graphc_slots_load would not take. Costs one erase; a cut or an error leaves what was
 * saved before. */
static inline int32_t graphc_slots_save(const graphc_slots* slots, uint64_t fingerprint, const graphc_region* regions,
                                        uint32_t count) {
  graphc_slots_found found;
  uint64_t block[8];
  unsigned char* bytes = (unsigned char*)block;
  uint32_t slot, sequence, at = GRAPHC_SLOTS_HEAD, crc = 0, i, done, part, b;
  int32_t status = graphc_slots_check(slots, regions, count);
  if (status != GRAPHC_SLOTS_OK) return status;
  graphc_slots_find(slots, fingerprint, regions, count, &found);
  /* Both slots bad: slot 0, with sequence number 1. */
  slot = found.is_good[0] || found.is_good[1] ? found.first ^ 1u : 0;
  sequence = found.is_good[found.newest] ? graphc_slots_word(found.head[found.newest], graphc_slot_sequence) + 1u : 1u;

  if (slots->erase(slots->user, slot)) return GRAPHC_SLOTS_FAILED;
  for (i = 0; i < count; i++)
    for (done = 0; done < regions[i].bytes; done += 64, at += 64) {
      part = regions[i].bytes - done < 64 ? regions[i].bytes - done : 64;
      for (b = 0; b < 64; b++) bytes[b] = b < part ? ((const unsigned char*)regions[i].data)[done + b] : 0xFF;
      crc = graphc_slots_crc(crc, block, 64);
      if (slots->write(slots->user, slot, at, block, 64)) return GRAPHC_SLOTS_FAILED;
    }

  for (i = 0; i < graphc_slot_words; i++) graphc_slots_set_word(bytes, i, 0);
  graphc_slots_set_word(bytes, graphc_slot_sequence, sequence);
  graphc_slots_set_word(bytes, graphc_slot_data_bytes, at - GRAPHC_SLOTS_HEAD);
  graphc_slots_set_word(bytes, graphc_slot_fingerprint_low, (uint32_t)fingerprint);
  graphc_slots_set_word(bytes, graphc_slot_fingerprint_high, (uint32_t)(fingerprint >> 32));
  graphc_slots_set_word(bytes, graphc_slot_layout, graphc_slots_layout(regions, count));
  graphc_slots_set_word(bytes, graphc_slot_data_crc, crc);
  graphc_slots_set_word(bytes, graphc_slot_head_crc, graphc_slots_crc(0, block, 4 * graphc_slot_head_crc));
  graphc_slots_set_word(bytes, graphc_slot_magic, GRAPHC_SLOT_MAGIC);
  if (slots->write(slots->user, slot, 0, block, 64)) return GRAPHC_SLOTS_FAILED;
  return graphc_slots_is_good(slots, slot, found.head[slot]) ? GRAPHC_SLOTS_OK : GRAPHC_SLOTS_FAILED;
}

#ifdef __cplusplus
}
#endif
#endif
