// The bounds of one set of definitions. Past them a definition is refused at load.
#pragma once

#include <cstddef>

namespace parcours::catalog {

inline constexpr int kVariablesMax = 256;  // attributes and features together
inline constexpr int kEventTypesMax = 256;
inline constexpr int kFieldsMax = 64;         // of one type of event
inline constexpr int kSegmentationsMax = 64;  // the personas together count as one
inline constexpr int kSegmentsMax = 250;      // of one segmentation
inline constexpr int kJourneysMax = 128;
inline constexpr int kStepsMax = 64;  // of one journey
inline constexpr int kNthMax = 16;
inline constexpr int kListMax = 32;      // values a list keeps
inline constexpr int kMapKeysMax = 256;  // keys a map keeps
inline constexpr int kMapKeys = 32;      // unless stated
// Of a window of maps: keys times grains. A distinct count is like kMapKeys of them.
inline constexpr int kWindowKeysMax = 8192;
inline constexpr std::size_t kStoresMax = 100'000;
inline constexpr std::size_t kStoresBytesMax = 32 << 20;  // of the file of stores
inline constexpr int kGrainsMax = 2000;                   // of one window
inline constexpr int kNameBytesMax = 64;
inline constexpr std::size_t kDefinitionsBytesMax = 8 << 20;  // of all files together

}  // namespace parcours::catalog
