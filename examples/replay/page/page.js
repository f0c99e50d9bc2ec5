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
  const top = series => Math.max(1, ...series.map(s => s.reduce((a, b) => Math.max(a, b), 0))) * 1.06;
  const line = (name, more) => ({ stroke: () => colour(name), width: 1.5, points: { show: false }, ...more });
  const stepped = uPlot.paths.stepped({ align: 1 });
  const dashes = [[], [6, 3], [2, 3]];
  const busy = data.load.map(n => n / data.rate);
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

  function plot(div, series, most, height, last) {
    const axis = { stroke: () => colour('--quiet'), font: '12px system-ui, sans-serif', ticks: { show: false } };
    const grid = { stroke: () => colour('--grid'), width: 1 };
    return new uPlot({
      width: div.clientWidth, height: height + (last ? 36 : 0),
      padding: [6, 8, last ? 0 : 6, 0],
      legend: { show: false },
      tzDate: s => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
      scales: { x: { time: true }, y: { range: [0, most] } },
      axes: [
        { ...axis, grid, size: last ? 36 : 0, values: last ? ticks : () => [] },
        { ...axis, grid, size: gutter, gap: 4, space: 28, values: (u, v) => v.map(n => n >= 10000 ? plain.format(n / 1000) + 'k' : plain.format(n)) },
      ],
      series: [{}, ...series.map(s => s.line)],
      cursor: { y: false, sync: { key: 'time', setSeries: false, scales: ['x', null] }, drag: { x: true, y: false }, points: { size: 7 } },
      hooks: { setCursor: [u => { if (u === charts[0]) pointed(u); }] },
    }, [data.at.map(t => data.start + t), ...series.map(s => s.points)], div);
  }

  let charts = [];
  const area = points => ({ points, line: line('--load', { fill: () => colour('--area'), width: 1, paths: stepped }) });
  charts = plots.map((div, i) => {
    if (i === 0) return plot(div, [area(data.load)], top([data.load]), 96, false);
    if (i === 1) {
      const lines = data.runs.map(r => ({ points: r.backlog, line: line('--by' + r.by, { dash: dashes[r.policy % 3] }) }));
      return plot(div, lines, top(data.runs.map(r => r.backlog)), 150, false);
    }
    const run = data.runs[i - 2], last = i === plots.length - 1;
    const need = { points: busy, line: line('--area', { fill: () => colour('--area'), width: 0, paths: stepped }) };
    div.addEventListener('click', () => choose(i - 2));
    return plot(div, [need, { points: run.replicas, line: line('--by' + run.by, { paths: stepped }) }], mostReplicas, 110, last);
  });
  new ResizeObserver(() => {
    charts.forEach((u, i) => u.setSize({ width: plots[i].clientWidth, height: u.height }));
    place();
  }).observe($('charts'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach(u => u.redraw()));

  // Decisions are [at, by, from, to, waiting, text, numbers].
  const cards = [...document.querySelectorAll('.decision')];
  const radios = [...document.querySelectorAll('input[name=run]')];
  let chosen = data.runs.length - 1, now = Number(document.querySelector('.show[data-run="' + chosen + '"]')?.dataset.from ?? 0), moving = false;
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
      state.textContent = `${plain.format(r.replicas[point])} replicas, ${plain.format(r.backlog[point])} waiting`;
      text.textContent = d ? what(d) : 'No decision yet';
      why.replaceChildren(...(d ? reasons(d) : []).map(s => Object.assign(document.createElement('li'), { textContent: s })));
      cards[i].classList.toggle('chosen', i === chosen);
      radios[i].checked = i === chosen;
    });
    const r = data.runs[chosen], list = listed(r), index = decisionAt(r, now), d = list[index];
    const label = d ? `Decision ${index + 1} of ${list.length}` : `${list.length} decisions`;
    $('which').textContent = label;
    $('step').max = Math.max(0, list.length - 1);
    $('step').value = Math.max(0, index);
    $('step').setAttribute('aria-valuetext', d ? `${index + 1}, at ${clock(d[0])}` : 'none yet');
    const spoken = d ? `${r.name}, ${what(d).replace('→', 'to')}. ${reasons(d).join('. ')}` : `${r.name}: no decision yet`;
    if ($('spoken').textContent !== spoken) $('spoken').textContent = spoken;
  }

  // pointed follows the pointer, but not where the page moves below one that rests.
  let rests = true;
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
    const { run, from, to } = button.dataset, margin = Math.max(120, (to - from) * 2);
    choose(Number(run));
    zoom(data.start + Number(from) - margin, data.start + Number(to) + margin);
    move(Number(from));
    $('time').scrollIntoView();
    $('step').focus({ preventScroll: true });
  }));
  place();
  show();
})();
