'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = id => document.getElementById(id);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name);
  const plain = new Intl.NumberFormat('en');
  $('timeline').hidden = false;

  // Times are seconds since the start of the load, and UTC.
  const date = t => new Date((data.start + t) * 1000).toISOString();
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const day = t => months[date(t).slice(5, 7) - 1] + ' ' + Number(date(t).slice(8, 10));
  const clock = t => (data.dates ? day(t) + ' ' : '') + date(t).slice(11, 19);

  // The charts, one below the other, with one axis of time.
  const plots = [...document.querySelectorAll('.plot')];
  const gutter = 46;
  const top = lines => Math.max(1, ...lines.map(l => (l.most ?? l.mean ?? l).reduce((a, b) => Math.max(a, b), 0))) * 1.06;
  const stepped = uPlot.paths.stepped({ align: 1 });
  const dashes = [[], [6, 3], [2, 3]];
  const times = (l, factor) => Object.fromEntries(Object.entries(l).map(([name, values]) => [name, values.map(n => n * factor)]));
  const busy = times(data.load, 1 / data.rate);
  const mostReplicas = top([...data.runs.map(r => r.replicas), busy]);

  function ticks(u, values, axis, space, step) {
    let before = '';
    return values.map(x => {
      const t = x - data.start, at = date(t);
      const label = step >= 86400 ? day(t) : step < 60 ? at.slice(11, 19) : at.slice(11, 16);
      const first = data.dates && step < 86400 && day(t) !== before;
      before = day(t);
      return first ? label + '\n' + before : label;
    });
  }

  // A plot has series, of which those that are bands follow each other, the most first.
  function plot(div, series, most, height, labelled) {
    const axis = { stroke: () => colour('--quiet'), font: '12px system-ui, sans-serif', ticks: { show: false } };
    const grid = { stroke: () => colour('--grid'), width: 1 };
    return new uPlot({
      width: div.clientWidth, height: height + (labelled ? 36 : 0),
      padding: [6, 8, labelled ? 0 : 6, 0],
      legend: { show: false },
      tzDate: s => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
      scales: { x: { time: true }, y: { range: [0, most] } },
      axes: [
        { ...axis, grid, size: labelled ? 36 : 0, values: labelled ? ticks : () => [] },
        { ...axis, grid, size: gutter, gap: 4, space: 28, values: (u, v) => v.map(n => n >= 10000 ? plain.format(n / 1000) + 'k' : plain.format(n)) },
      ],
      series: [{}, ...series],
      bands: series.flatMap((s, i) => s.band ? [{ series: [i + 1, i + 2], fill: () => colour(s.band) + '4d' }] : []),
      cursor: {
        y: false, sync: { key: 'time', setSeries: false, scales: ['x', null] }, drag: { x: true, y: false },
        points: { size: (u, i) => u.series[i].width > 0 ? 7 : 0 },
      },
      hooks: { setCursor: [u => { if (u === charts[0]) pointed(u); }] },
    }, [data.at.map(t => data.start + t), ...series.map(s => s.of)], div);
  }

  const series = (of, name, more) => ({ of, stroke: () => colour(name), width: 1.5, points: { show: false }, ...more });
  const steps = (l, name, more) => [
    ...(l.most ? [series(l.most, name, { width: 0, paths: stepped, band: name }), series(l.least, name, { width: 0, paths: stepped })] : []),
    series(l.mean, name, { paths: stepped, ...more }),
  ];
  const area = more => ({ fill: () => colour('--area'), width: 1, ...more });

  let charts = [], moving = false, rests = true;
  charts = plots.map((div, i) => {
    if (i === 0) return plot(div, steps(data.load, '--load', area()), top([data.load]), 96, true);
    if (i === 1) {
      const lines = data.runs.map(r => series(r.backlog, '--by' + r.by, { dash: dashes[r.policy % 3] }));
      return plot(div, lines, top(data.runs.map(r => r.backlog)), 150, false);
    }
    const run = data.runs[i - 2], last = i === plots.length - 1;
    div.addEventListener('click', () => choose(i - 2));
    return plot(div, [...steps(busy, '--load', area({ width: 0 })), ...steps(run.replicas, '--by' + run.by)], mostReplicas, 110, last);
  });
  new ResizeObserver(() => {
    charts.forEach((u, i) => u.setSize({ width: plots[i].clientWidth, height: u.height }));
    place();
  }).observe($('charts'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach(u => u.redraw()));

  // Decisions are [at, by, from, to, waiting, text, numbers].
  const cards = [...document.querySelectorAll('.decision')];
  const radios = [...document.querySelectorAll('input[name=run]')];
  let chosen = data.runs.length - 1, now = Number(document.querySelector('.show[data-run="' + chosen + '"]')?.dataset.from ?? 0);
  const listed = r => $('changes').checked ? r.changed : r.decisions;
  data.runs.forEach(r => { r.changed = r.decisions.filter(d => d[2] !== d[3]); });

  // The index of the last of a list whose time is not after t: -1 if there is none.
  function lastAt(list, t, time) {
    let from = 0, to = list.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (time(list[middle]) <= t) from = middle + 1; else to = middle;
    }
    return from - 1;
  }
  const decisionAt = (r, t) => lastAt(listed(r), t, d => d[0]);

  function reasons(d) {
    const numbers = d[6].split(' ');
    return data.texts[d[5]].map((s, i) => s + (numbers[i] ?? '')).join('').split('\n');
  }
  const what = d => `${clock(d[0])} ${d[1]}: ${d[2]} → ${d[3]}, ${plain.format(d[4])} waiting`;

  function show() {
    const point = Math.max(0, lastAt(data.at, now, t => t));
    $('now').textContent = 'At ' + clock(now);
    data.runs.forEach((r, i) => {
      const d = listed(r)[decisionAt(r, now)];
      const [state, text, why] = ['.state', '.what', '.why'].map(s => cards[i].querySelector(s));
      const { mean, least, most } = r.replicas, waiting = plain.format(r.backlog[point]) + ' waiting';
      if (!least) state.textContent = `${mean[point]} replicas, ${waiting}`;
      else state.textContent = `${least[point] < most[point] ? least[point] + ' to ' : ''}${most[point]} replicas, up to ${waiting}`;
      text.textContent = d ? what(d) : 'No decision before';
      why.replaceChildren(...(d ? reasons(d) : []).map(s => Object.assign(document.createElement('li'), { textContent: s })));
      cards[i].classList.toggle('chosen', i === chosen);
      radios[i].checked = i === chosen;
    });
    const r = data.runs[chosen], list = listed(r), index = decisionAt(r, now), d = list[index];
    const label = d ? `Decision ${index + 1} of ${list.length}` : `${list.length} decisions`;
    $('which').textContent = label;
    $('step').max = Math.max(0, list.length - 1);
    $('step').value = Math.max(0, index);
    $('step').setAttribute('aria-valuetext', d ? `${index + 1}, at ${clock(d[0])}` : 'none before');
    const spoken = d ? `${r.name}, ${what(d).replace('→', 'to')}. ${reasons(d).join('. ')}` : `${r.name}: no decision before`;
    if ($('spoken').textContent !== spoken) $('spoken').textContent = spoken;
  }

  // pointed follows the pointer, but not where the page moves below one that rests.
  document.addEventListener('mousemove', e => { rests = e.movementX === 0 && e.movementY === 0; }, true);
  function pointed(u) {
    if (moving || rests || u.cursor.left < 0) return;
    now = Math.max(0, u.posToVal(u.cursor.left, 'x') - data.start);
    show();
  }

  // move puts the cursor of all charts to a time.
  function move(t) {
    now = t;
    const { min, max } = charts[0].scales.x, x = data.start + t;
    if (x < min || x > max) zoom(x - (max - min) / 2, x + (max - min) / 2);
    place();
    show();
  }
  // A chart takes a new scale or size only after its caller has ended.
  function place() {
    queueMicrotask(() => {
      moving = true;
      charts.forEach(u => u.setCursor({ left: u.valToPos(data.start + now, 'x'), top: 0 }, true, false));
      moving = false;
    });
  }

  function zoom(min, max) {
    const first = data.start, last = data.start + data.at[data.at.length - 1];
    const width = Math.min(Math.max(max - min, 10), last - first);
    min = Math.min(Math.max(min, first), last - width);
    charts.forEach(u => u.setScale('x', { min, max: min + width }));
  }
  function zoomBy(factor) {
    const { min, max } = charts[0].scales.x, half = (max - min) * factor / 2;
    zoom(data.start + now - half, data.start + now + half);
    place();
  }

  function choose(i) {
    chosen = i;
    show();
  }

  $('step').addEventListener('input', () => move(listed(data.runs[chosen])[$('step').value]?.[0] ?? 0));
  $('changes').addEventListener('change', show);
  radios.forEach((radio, i) => radio.addEventListener('change', () => choose(i)));
  $('in').addEventListener('click', () => zoomBy(1 / 3));
  $('out').addEventListener('click', () => zoomBy(3));
  $('all').addEventListener('click', () => { zoom(-Infinity, Infinity); place(); });
  document.querySelectorAll('.show').forEach(button => button.addEventListener('click', () => {
    const { run, from, to } = button.dataset, margin = Math.max(120, (to - from) * 2, (data.at[1] - data.at[0]) * 20);
    choose(Number(run));
    zoom(data.start + Number(from) - margin, data.start + Number(to) + margin);
    move(Number(from));
    $('time').scrollIntoView();
    $('step').focus({ preventScroll: true });
  }));
  place();
  show();
})();
