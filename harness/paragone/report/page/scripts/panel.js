// One panel: lines over size on log axes, intervals as bands, the machine's limit and the A/A noise behind them.
"use strict";

(function (paragone) {
  const NEAR = 32; // pixels between pointer and point
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

  // Values for an axis from `low` to `high`: powers of ten, with 2 and 5 between them where there is room.
  function ticks(low, high) {
    const decades = Array.from({ length: 40 }, (_, index) => index - 20);
    for (const steps of [[1, 2, 5], [1, 3], [1]]) {
      const found = decades.flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
        .filter((value) => value >= low * 0.999 && value <= high * 1.001);
      if (found.length <= 9) return found;
    }
    return decades.map((power) => 10 ** power).filter((value) => value >= low && value <= high);
  }

  // The sizes whose labels have room; the largest and the smallest come first.
  function sizesToLabel(sizes, width) {
    if (sizes.length < 2) return sizes;
    const [first, final] = [sizes[0], sizes[sizes.length - 1]];
    const at = (size) => (Math.log(size / first) / Math.log(final / first)) * width;
    const kept = [final];
    for (const size of sizes) {
      if (kept.every((other) => Math.abs(at(size) - at(other)) >= 44)) kept.push(size);
    }
    return kept.sort((a, b) => a - b);
  }

  // The range of the vertical axis, which all panels share; `backdrops` has one for each panel.
  paragone.bounds = function (lines, backdrops) {
    const known = lines.flatMap((line) => line.points.flatMap((point) => [point.y, point.low, point.high]))
      .concat(backdrops.flatMap(({ limit, noise }) => [...limit.map(({ y }) => y), ...noise.flatMap(({ low, high }) => [low, high])]))
      .filter((value) => value > 0);
    const spread = Math.max(...known) / Math.min(...known);
    const room = Math.max(1.08, spread ** 0.04);
    return [Math.min(...known) / room, Math.max(...known) * room];
  };

  function series(line, look) {
    const { colour, opacity, z } = look(line);
    const { dashes } = line.style;
    return {
      type: "line", name: line.name, id: line.name, data: line.points.map((point) => [point.x, point.y]), z, color: colour,
      symbol: `path://${paragone.markers[line.style.marker] || paragone.markers.P}`, symbolSize: 8, showAllSymbol: true,
      lineStyle: { width: 1.8, opacity, type: dashes.length ? dashes.map((dash) => 2 * dash) : "solid" },
      itemStyle: { opacity, borderWidth: 0 }, emphasis: { disabled: true },
    };
  }

  function axis(theme, more) {
    return {
      type: "log", axisLine: { lineStyle: { color: theme.softInk } }, splitLine: { lineStyle: { color: theme.grid } },
      ...more, axisLabel: { color: theme.softInk, fontFamily: FONT, fontSize: 12, hideOverlap: true, ...more.axisLabel },
    };
  }

  function options(lines, [low, high], theme, look, width, tip) {
    const sizes = [...new Set(lines.flatMap((line) => line.points.map((point) => point.x)))].sort((a, b) => a - b);
    const edge = sizes.length > 1 ? (sizes[sizes.length - 1] / sizes[0]) ** 0.03 : 2;
    const labelled = sizesToLabel(sizes, width);
    return {
      animation: false, textStyle: { fontFamily: FONT },
      grid: { left: 62, right: 14, top: 10, bottom: 46, outerBoundsMode: "none" },
      xAxis: axis(theme, {
        min: sizes[0] / edge, max: sizes[sizes.length - 1] * edge, name: paragone.wordsOf(paragone.view.chosen.problem).size, nameLocation: "middle", nameGap: 28,
        nameTextStyle: { color: theme.softInk, fontFamily: FONT }, axisTick: { customValues: sizes }, splitLine: { show: false },
        axisLabel: { customValues: labelled, formatter: paragone.format.size },
      }),
      yAxis: axis(theme, {
        min: low, max: high, axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false },
        axisLabel: { customValues: ticks(low, high), formatter: (value) => paragone.format.tick((paragone.metric().tick || paragone.metric().write)(value)) },
      }),
      tooltip: {
        trigger: "item", triggerOn: "none", confine: true, transitionDuration: 0, backgroundColor: theme.surface,
        borderColor: theme.softInk, textStyle: { color: theme.ink, fontFamily: FONT, fontSize: 13 }, formatter: tip,
      },
      series: lines.map((line) => series(line, look)),
    };
  }

  // Shapes in pixels: grid, limit, noise, and the intervals as bands and whiskers.
  function shapes(chart, lines, backdrop, theme, look, range) {
    const at = (x, y) => chart.convertToPixel({ gridIndex: 0 }, [x, y]);
    const polygon = (low, high, style) =>
      ({ type: "polygon", silent: true, z: 0, shape: { points: [...low, ...[...high].reverse()] }, style });
    const polyline = (points, style, z = 0) =>
      ({ type: "polyline", silent: true, z, shape: { points }, style: { fill: null, ...style } });
    const [left, right, low, high] = range;
    const found = ticks(low, high).map((y) => polyline([at(left, y), at(right, y)], { stroke: theme.grid, lineWidth: 1 }));
    if (backdrop.limit.length) {
      const edge = extended(backdrop.limit, left, right).map(({ x, y }) => at(x, y));
      found.push(polygon(edge, edge.map(([x]) => [x, at(left, backdrop.isCeiling ? high : low)[1]]), { fill: theme.noise }));
      found.push(polyline(edge, { stroke: theme.softInk, lineWidth: 1 }));
    }
    if (backdrop.noise.length) {
      const band = extended(backdrop.noise, left, right);
      const [lows, highs] = [band.map(({ x, low }) => at(x, low)), band.map(({ x, high }) => at(x, high))];
      found.push(polygon(lows, highs, { fill: theme.softInk, opacity: 0.25 }));
    }
    for (const line of lines) {
      const { colour, opacity } = look(line);
      const known = line.points.filter((point) => point.low > 0 && point.high > 0);
      const [lows, highs] = [known.map(({ x, low }) => at(x, low)), known.map(({ x, high }) => at(x, high))];
      if (known.length > 1) found.push(polygon(lows, highs, { fill: colour, opacity: 0.18 * opacity }));
      const whisker = { stroke: colour, lineWidth: 1.4, opacity: 0.6 * opacity };
      lows.forEach((end, index) => found.push(polyline([end, highs[index]], whisker, 1)));
    }
    return found;
  }

  // The points, repeated at both edges of the panel, so that a single size is visible too.
  function extended(points, left, right) {
    return [{ ...points[0], x: left }, ...points, { ...points[points.length - 1], x: right }];
  }

  // Draw into `box`. `ends` is the range of the vertical axis; `look(line)` returns colour, opacity and z. The result is
  // what `paragone.nearest` needs.
  paragone.panel = function (box, lines, backdrop, ends, look, tip) {
    const theme = paragone.theme();
    const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "svg" });
    chart.resize();
    const found = options(lines, ends, theme, look, box.clientWidth - 80, tip);
    chart.setOption(found, true);
    const range = [found.xAxis.min, found.xAxis.max, found.yAxis.min, found.yAxis.max];
    chart.setOption({ graphic: { elements: shapes(chart, lines, backdrop, theme, look, range) } });
    chart.getZr().flush();
    const points = lines.flatMap((line, seriesIndex) => line.points.map((point, dataIndex) =>
      ({ seriesIndex, dataIndex, line, point, at: chart.convertToPixel({ gridIndex: 0 }, [point.x, point.y]) })));
    return { chart, points };
  };

  // The point nearest to x, y, among the lines picked out if any are; null where none is near.
  paragone.nearest = function (points, x, y, picked) {
    const among = picked.size ? points.filter(({ line }) => picked.has(line.name)) : points;
    const distance = ({ at }) => Math.hypot(at[0] - x, at[1] - y);
    const best = among.reduce((a, b) => (a && distance(a) <= distance(b) ? a : b), null);
    return best && distance(best) <= NEAR ? best : null;
  };
})(window.paragone);
