// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The picture of the graph. Kernels stand in a grid: the forward pass runs down its left column, the backward pass up the
// middle one, each kernel beside the forward kernel whose gradients it computes, and the updates stand to the right. Lines
// between kernels run in the gutters between rows and in channels between columns, each in a lane of its own.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "compiler/driver/html_box.h"
#include "compiler/driver/html_layout.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

constexpr size_t most_nodes = 300, most_kernels = 2000;
constexpr size_t columns = 3;
constexpr int straight = -1;
constexpr double smallest_scale = 0.82;  // a picture that is still too wide scrolls
constexpr double box_gap = 18, lane_width = 6, around = 12, header = 30;
constexpr std::array<size_t, columns> boxes_beside{4, 2, 2};  // more go below

class GraphFigure {
 public:
  explicit GraphFigure(const PageData& page) : page_(page), kernels_(std::min(page.kernels.size(), most_kernels)) {}

  std::string run() {
    size_t nodes = 0;
    for (size_t k = 0; k < kernels_; k++)
      for (ValueId v : page_.view.kernels[k]->values) nodes += page_.view.graph[v].def().op_class != OpClass::source;
    detailed_ = nodes <= most_nodes;
    for (size_t k = 0; k < kernels_; k++) boxes_.push_back(detailed_ ? detailed_box(page_, k) : compact_box(page_, k));
    choose_rows();
    fill_grid();
    find_nets();
    place_columns();
    place_rows();
    return draw();
  }

 private:
  struct Net {  // a buffer from its writer to those readers that are reached through one channel, or none
    uint32_t buffer;
    size_t from;
    int channel;  // -1: straight to the gutter of the readers
    std::vector<size_t> to;
    double channel_x = 0;
    std::map<size_t, double> lane;  // of each gutter: y
  };

  size_t column(size_t k) const { return size_t(page_.phase[k]); }
  size_t gutter_in(size_t k) const { return row_[k] + boxes_[k].up; }
  size_t gutter_out(size_t k) const { return row_[k] + !boxes_[k].up; }
  static double port_x(const std::vector<BoxPort>& ports, uint32_t b) {
    for (const BoxPort& p : ports)
      if (p.buffer == b) return p.x;
    return 0;
  }
  double x_out(size_t k, uint32_t b) const { return x_[k] + port_x(boxes_[k].out, b); }
  double x_in(size_t k, uint32_t b) const { return x_[k] + port_x(boxes_[k].in, b); }

  // Forward kernels by the longest path. The others stand where that is of which they compute the gradient.
  void choose_rows() {
    constexpr size_t unknown = ~size_t{0};
    std::vector<size_t> rows(kernels_, unknown);
    std::map<std::string, size_t> row_of_variable;
    for (size_t k = 0; k < kernels_; k++) {
      if (page_.phase[k] != Phase::forward) continue;
      size_t row = 0;
      for (uint32_t b : page_.read_by(k)) {
        size_t writer = page_.buffers[b].writer;
        bool linked = page_.buffer(b).region == Region::workspace && writer < k && page_.phase[writer] == Phase::forward;
        if (linked) row = std::max(row, rows[writer] + 1);
      }
      rows[k] = row;
      for (uint32_t b : page_.read_by(k))
        if (page_.buffer(b).region == Region::params) row_of_variable.try_emplace(page_.buffer(b).name, row);
    }
    for (size_t k = 0; k < kernels_; k++) {
      if (page_.phase[k] == Phase::forward) continue;
      auto beside = [&](size_t row) { rows[k] = std::min(rows[k], row); };
      auto beside_variable = [&](const std::string& name) {
        if (auto found = row_of_variable.find(name); found != row_of_variable.end()) beside(found->second);
      };
      for (ValueId v : page_.view.kernels[k]->values) {
        ValueId of = page_.view.graph.gradient_of(v);
        if (of == no_value || page_.view.forward[v]) continue;
        if (page_.view.graph[of].op == Op::variable) beside_variable(page_.view.name(of));
        const auto& computed_in = page_.view.computed_in[of];
        if (!computed_in.empty() && computed_in.front() < k && rows[computed_in.front()] != unknown)
          beside(rows[computed_in.front()]);
      }
      for (uint32_t b : page_.written_by(k)) beside_variable(page_.buffer(b).name);
    }
    // Copies and the like: beside what reads them, else beside what they read.
    for (size_t k = kernels_; k-- > 0;)
      if (rows[k] == unknown)
        for (uint32_t b : page_.written_by(k))
          for (size_t reader : page_.buffers[b].readers)
            if (page_.buffer(b).region == Region::workspace && reader > k && reader < kernels_)
              rows[k] = std::min(rows[k], rows[reader]);
    size_t last = 0;
    for (size_t row : rows) last = row == unknown ? last : std::max(last, row);
    for (size_t k = 0; k < kernels_; k++)
      if (rows[k] == unknown) {
        rows[k] = page_.phase[k] == Phase::update ? last : 0;
        for (uint32_t b : page_.read_by(k))
          if (page_.buffer(b).region == Region::workspace && page_.buffers[b].writer < k)
            rows[k] = std::max(rows[k], rows[page_.buffers[b].writer]);
      }
    row_ = rows;
  }

  // Of one row and column: kernels that need one another stand in lines of their own, in the direction of the pass.
  std::vector<std::vector<size_t>> lines_of(const std::vector<size_t>& cell, size_t column) const {
    std::map<size_t, size_t> depth;
    std::vector<std::vector<size_t>> levels, lines;
    for (size_t k : cell) {
      size_t d = 0;
      for (uint32_t b : page_.read_by(k))
        if (auto writer = depth.find(page_.buffers[b].writer); writer != depth.end()) d = std::max(d, writer->second + 1);
      depth[k] = d;
      if (levels.size() <= d) levels.resize(d + 1);
      levels[d].push_back(k);
    }
    for (const auto& level : levels)
      for (size_t i = 0; i < level.size(); i++) {
        if (i % boxes_beside[column] == 0) lines.emplace_back();
        lines.back().push_back(level[i]);
      }
    if (column == size_t(Phase::backward)) std::reverse(lines.begin(), lines.end());
    return lines;
  }

  void fill_grid() {
    size_t rows = 0;
    for (size_t row : row_) rows = std::max(rows, row + 1);
    std::vector<std::array<std::vector<size_t>, columns>> cells(rows);
    for (size_t k = 0; k < kernels_; k++) cells[row_[k]][column(k)].push_back(k);
    for (const auto& cell : cells) {
      size_t first = grid_.size();
      for (size_t c = 0; c < columns; c++) {
        auto lines = lines_of(cell[c], c);
        if (grid_.size() < first + lines.size()) grid_.resize(first + lines.size());
        for (size_t l = 0; l < lines.size(); l++) {
          grid_[first + l][c] = lines[l];
          for (size_t k : lines[l]) row_[k] = first + l;
        }
      }
    }
  }

  // The gutter where a net leaves the column of its writer.
  size_t first_gutter(const Net& net) const { return net.channel == straight ? gutter_in(net.to[0]) : gutter_out(net.from); }

  // None where nothing stands in the way; else the one left of the reader, for a reader in the own column on its outer side.
  int channel_for(size_t from, size_t to) const {
    size_t a = column(from), b = column(to), low = gutter_out(from), high = gutter_in(to);
    if (low == high) return straight;
    bool forwards = boxes_[from].up ? high < low : low < high, is_free = a == b && forwards;
    for (size_t row = std::min(low, high); is_free && row < std::max(low, high); row++) is_free = grid_[row][a].empty();
    if (is_free) return straight - 1 - int(high);  // one net for each gutter
    if (a == b) return a == 0 ? 0 : int(a) + 1;
    return int(b > a ? b : b + 1);
  }

  void find_nets() {
    for (uint32_t b = 0; b < page_.buffers.size(); b++) {
      const PageBuffer& buffer = page_.buffers[b];
      if (page_.buffer(b).region != Region::workspace || buffer.writer >= kernels_) continue;
      std::map<int, Net> by_channel;
      for (size_t reader : buffer.readers) {
        if (reader <= buffer.writer || reader >= kernels_) continue;
        int channel = channel_for(buffer.writer, reader);
        by_channel.try_emplace(channel, Net{b, buffer.writer, channel, {}}).first->second.to.push_back(reader);
      }
      for (auto& [channel, net] : by_channel) {
        net.channel = std::max(net.channel, straight);
        nets_.push_back(std::move(net));
      }
    }
  }

  void place_columns() {
    std::array<std::vector<size_t>, columns + 1> in_channel;
    for (size_t n = 0; n < nets_.size(); n++)
      if (nets_[n].channel >= 0) in_channel[size_t(nets_[n].channel)].push_back(n);
    x_.resize(kernels_);
    double x = 2;  // the border of a box
    for (size_t c = 0; c <= columns; c++) {
      std::vector<std::pair<double, double>> spans;
      for (size_t n : in_channel[c]) {
        std::pair<double, double> span{double(gutter_out(nets_[n].from)), double(gutter_out(nets_[n].from))};
        for (size_t k : nets_[n].to)
          span = {std::min(span.first, double(gutter_in(k))), std::max(span.second, double(gutter_in(k)))};
        spans.push_back(span);
      }
      Lanes lanes = assign_lanes(spans, 0.5);
      for (size_t i = 0; i < in_channel[c].size(); i++)
        nets_[in_channel[c][i]].channel_x = x + around + lane_width * lanes.lane[i];
      bool outside = c == 0 || c == columns;
      x += (outside ? 0 : 2 * around) + lane_width * lanes.count + (outside && lanes.count ? around : 0);
      if (c == columns) break;
      double widest = 0;
      for (const auto& row : grid_) widest = std::max(widest, width_of(row[c]));
      column_x_[c] = x, column_width_[c] = widest;
      for (const auto& row : grid_) {
        double left = x + (c == 0 ? (widest - width_of(row[c])) / 2 : 0);
        for (size_t k : row[c]) x_[k] = left, left += boxes_[k].width + box_gap;
      }
      x += widest;
    }
    width_ = x + around;
  }

  double width_of(const std::vector<size_t>& line) const {
    double width = line.empty() ? 0 : box_gap * double(line.size() - 1);
    for (size_t k : line) width += boxes_[k].width;
    return width;
  }

  void place_rows() {
    std::vector<std::vector<size_t>> in_gutter(grid_.size() + 1);
    for (size_t n = 0; n < nets_.size(); n++) {
      nets_[n].lane[first_gutter(nets_[n])];
      for (size_t k : nets_[n].to) nets_[n].lane[gutter_in(k)];
      for (const auto& [gutter, y] : nets_[n].lane) in_gutter[gutter].push_back(n);
    }
    y_.resize(kernels_);
    double y = header;
    for (size_t g = 0; g <= grid_.size(); g++) {
      // All nets of a buffer share a lane.
      std::vector<std::pair<double, double>> spans;
      std::vector<size_t> which;
      uint32_t last = ~0u;
      for (size_t n : in_gutter[g]) {
        std::pair<double, double> span = span_in(nets_[n], g);
        if (nets_[n].buffer == last)
          spans.back() = {std::min(spans.back().first, span.first), std::max(spans.back().second, span.second)};
        else
          spans.push_back(span);
        which.push_back(spans.size() - 1);
        last = nets_[n].buffer;
      }
      Lanes lanes = assign_lanes(spans, 8);
      for (size_t i = 0; i < which.size(); i++) nets_[in_gutter[g][i]].lane[g] = y + around + lane_width * lanes.lane[which[i]];
      y += 2 * around + lane_width * std::max(0.0, double(lanes.count) - 1);
      if (g == grid_.size()) break;
      double highest = 0;
      for (const auto& line : grid_[g])
        for (size_t k : line) highest = std::max(highest, boxes_[k].height);
      for (const auto& line : grid_[g])
        for (size_t k : line) y_[k] = y + (boxes_[k].up ? highest - boxes_[k].height : 0);
      y += highest;
    }
    height_ = y;
  }

  std::pair<double, double> span_in(const Net& net, size_t gutter) const {
    std::vector<double> points;
    if (first_gutter(net) == gutter) points.push_back(x_out(net.from, net.buffer));
    for (size_t k : net.to)
      if (gutter_in(k) == gutter) points.push_back(x_in(k, net.buffer));
    if (net.channel >= 0) points.push_back(net.channel_x);
    auto [low, high] = std::minmax_element(points.begin(), points.end());
    return {*low, *high};
  }

  std::string draw() {
    std::string svg = fmt::format(
        "<svg class=\"graph\" style=\"max-width:{0}px;min-width:{2}px\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"The "
        "graph\">\n",
        px(width_), px(height_), px(smallest_scale * width_));
    const char* titles[] = {"Forward ↓", "Backward ↑", "Updates"};
    const char* classes[] = {"fw", "bw", "up"};
    for (size_t c = 0; c < columns; c++)
      if (column_width_[c] > 0)
        svg += fmt::format("<text class=\"head {}\" x=\"{}\" y=\"20\">{}</text>\n", classes[c],
                           px(c == 0 ? column_x_[c] + std::max(0.0, column_width_[c] / 2 - 34) : column_x_[c]), titles[c]);
    for (const Net& net : nets_)
      for (size_t k : net.to) svg += line(net, k);
    for (size_t k = 0; k < kernels_; k++)
      svg += fmt::format("<g class=\"k {}\" data-k=\"{}\" transform=\"translate({} {})\">{}</g>\n", classes[column(k)], k,
                         px(x_[k]), px(y_[k]), boxes_[k].svg);
    return notes() + "<div class=\"scroll\">" + svg + "</svg></div>\n";
  }

  std::string notes() const {
    std::string text;
    if (!detailed_) text += "The graph is large: one box for each kernel, with what it writes. ";
    if (kernels_ < page_.kernels.size())
      text += fmt::format("Only the first {} of {} kernels are drawn. ", grouped(kernels_), grouped(page_.kernels.size()));
    return text.empty() ? "" : "<p class=\"note\">" + text + "</p>\n";
  }

  std::string line(const Net& net, size_t k) {
    const PageBuffer& buffer = page_.buffers[net.buffer];
    bool to_backward = buffer.cached && page_.phase[k] != Phase::forward;
    const char* look = to_backward                                                                   ? "cac"
                       : page_.phase[net.from] == Phase::forward && page_.phase[k] == Phase::forward ? "fw"
                                                                                                     : "bw";
    double sx = x_out(net.from, net.buffer), sy = y_[net.from] + (boxes_[net.from].up ? 0 : boxes_[net.from].height);
    double dx = x_in(k, net.buffer), dy = y_[k] + (boxes_[k].up ? boxes_[k].height : 0);
    std::vector<std::pair<double, double>> points{{sx, sy}, {sx, net.lane.at(first_gutter(net))}};
    if (net.channel >= 0) {
      points.emplace_back(net.channel_x, points.back().second);
      points.emplace_back(net.channel_x, net.lane.at(gutter_in(k)));
    }
    points.emplace_back(dx, points.back().second);
    points.emplace_back(dx, dy);
    double back = boxes_[k].up ? 6 : -6;  // the tip
    std::string title =
        fmt::format("{}: {}, {} bytes, {} to {}{}", page_.buffer(net.buffer).name, to_string(page_.buffer(net.buffer).type),
                    grouped(page_.buffer(net.buffer).bytes), page_.kernels[net.from].explained, page_.kernels[k].explained,
                    to_backward ? ", cached for the backward" : "");
    return fmt::format(
        "<g class=\"net {}\" data-n=\"{} {}\"><title>{}</title><path d=\"{}\"/><path class=\"tip\" d=\"M{} {}l-3.5 "
        "{}h7z\"/></g>\n",
        look, net.from, k, escaped(title), rounded_path(points), px(dx), px(dy), px(back));
  }

  static std::string rounded_path(const std::vector<std::pair<double, double>>& points) {
    std::string path = fmt::format("M{} {}", px(points[0].first), px(points[0].second));
    for (size_t i = 1; i + 1 < points.size(); i++) {
      double x = points[i].first, y = points[i].second;  // a binding cannot be captured
      auto towards = [&](const std::pair<double, double>& p) {
        double dx = p.first - x, dy = p.second - y, length = std::abs(dx) + std::abs(dy);
        double r = length > 0 ? std::min(5.0, length / 2) / length : 0;
        return fmt::format("{} {}", px(x + dx * r), px(y + dy * r));
      };
      path += fmt::format("L{}Q{} {} {}", towards(points[i - 1]), px(x), px(y), towards(points[i + 1]));
    }
    return path + fmt::format("L{} {}", px(points.back().first), px(points.back().second));
  }

  const PageData& page_;
  size_t kernels_;
  bool detailed_ = true;
  std::vector<KernelBox> boxes_;
  std::vector<size_t> row_;
  std::vector<std::array<std::vector<size_t>, columns>> grid_;
  std::vector<Net> nets_;
  std::vector<double> x_, y_;
  std::array<double, columns> column_x_{}, column_width_{};
  double width_ = 0, height_ = 0;
};

}  // namespace

std::string graph_figure(const PageData& page) { return GraphFigure(page).run(); }

}  // namespace graphc::driver
