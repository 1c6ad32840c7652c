// The reader's hand on a map of tokens. explorer.py writes this after the data of each map.
for (const root of document.querySelectorAll(".explorer:not([data-ready])")) {
  root.dataset.ready = "";
  const get = query => [...root.querySelectorAll(query)], legend = get(".legend button");
  const [source, box, canvas, tip, said] = get(":scope > script, input, canvas, .tip, .said");
  const make = (tag, ...inside) => {
    const element = document.createElement(tag);
    element.append(...inside);
    return element;
  };

  const clamp = (low, value, high) => Math.max(low, Math.min(high, value));

  // Every number is two digits of a long alphabet; the label of a token is one.
  const { digits, labels, seats, k, ...data } = JSON.parse(source.textContent);
  const names = data.names.split("\n"), tokens = [...names.keys()];
  const digit = (text, i) => digits.indexOf(text[i]);
  const number = (text, i) => digit(text, 2 * i) * digits.length + digit(text, 2 * i + 1);
  const xs = tokens.map(i => number(data.places, 2 * i));
  const ys = tokens.map(i => -number(data.places, 2 * i + 1));
  const label = tokens.map(i => digit(data.labelled, i));
  const group = i => Math.min(label[i], seats.length); // the last is of all other labels
  const least = cost => tokens.reduce((a, b) => (cost(b) < cost(a) ? b : a));
  const inSpace = i => tokens.slice(0, k).map(j => number(data.near, i * k + j));
  const onMap = i => {
    const far = j => (j === i ? -1 : Math.hypot(xs[j] - xs[i], ys[j] - ys[i]));
    return [...tokens].sort((a, b) => far(a) - far(b)).slice(1, 1 + (k || 5));
  };

  const right = Math.max(...xs) || 1, bottom = Math.min(...ys) || -1;
  let chosen = -1, under = -1, lit = -1, zoom = 1, due = 0, width, height, scale;
  let midX = right / 2, midY = bottom / 2;
  const X = i => width / 2 + (xs[i] - midX) * scale;
  const Y = i => height / 2 + (ys[i] - midY) * scale;

  const draw = () => {
    const { color, fontFamily } = getComputedStyle(root), near = chosen < 0 ? [] : inSpace(chosen);
    const [ground, ...paints] = data.inks[+(color.match(/\d+/) > 127)], taken = [];
    [width, height, due] = [canvas.clientWidth, canvas.clientHeight, 0];
    [canvas.width, canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    scale = zoom * Math.min((width - 30) / right, (height - 40) / -bottom);
    root.style.setProperty("--ground", ground);
    legend.forEach((e, g) => e.style.setProperty("--paint", paints[g]));
    const pen = canvas.getContext("2d");
    pen.scale(devicePixelRatio, devicePixelRatio);
    const size = zoom ** 0.4 * clamp(1.6, width / 6 / names.length ** 0.5, 4);

    const dots = (which, g, r) => {
      pen.beginPath();
      for (const i of which) pen.moveTo(X(i) + r, Y(i)), pen.arc(X(i), Y(i), r, 0, 7);
      pen.fillStyle = paints[g];
      pen.fill();
    };
    const ring = (i, r) => (dots([i], group(i), r), pen.stroke());
    const high = width < 480 ? 11 : 13; // of a name; a narrow map has less room beside the dots
    const write = (text, i, weight) => {
      pen.font = `${weight} ${high}px ${fontFamily}`;
      const w = pen.measureText(text).width;
      for (const [side, lift] of [[0, -9], [0, 19], [1, 4], [-1, 4]]) {
        const x = clamp(3, X(i) - w / 2 + side * (w / 2 + 10), width - w - 3), y = Y(i) + lift;
        const clash = ([a, b, c]) => x < b && x + w > a && Math.abs(y - c) < high + 2;
        if (X(i) < 0 || X(i) > width || taken.some(clash)) continue;
        taken.push([x, x + w, y]);
        [pen.strokeStyle, pen.lineWidth, pen.fillStyle] = [ground, 4, color];
        pen.strokeText(text, x, y);
        return pen.fillText(text, x, y);
      }
    };

    for (let g = seats.length; g >= 0; g--) {
      pen.globalAlpha = chosen >= 0 ? 0.3 : lit >= 0 && lit !== g ? 0.12 : 0.9;
      dots(tokens.filter(i => group(i) === g), g, size);
    }
    [pen.globalAlpha, pen.lineWidth, pen.strokeStyle, pen.lineJoin] = [1, 1.3, color, "round"];
    for (const i of near) {
      pen.beginPath();
      pen.moveTo(X(chosen), Y(chosen));
      pen.lineTo(X(i), Y(i));
      pen.stroke();
    }
    for (const i of near) ring(i, size + 1.5);
    for (const i of [chosen, under]) if (i >= 0) ring(i, size + 3);
    if (chosen < 0) seats.forEach((i, g) => lit < 0 || lit === g ? write(labels[g], i, 600) : 0);
    else [chosen, ...near].forEach((i, j) => write(names[i], i, j ? 400 : 700));
  };
  const redraw = () => { due ||= requestAnimationFrame(draw); };

  const list = (start, which, both) => make("p", start, ...which.flatMap((i, j) => {
    const other = label[i] === label[chosen] ? "" : `\u00a0(${labels[label[i]]})`;
    const after = make("i", other, j < which.length - 1 ? "," : "");
    const name = make("button", both.includes(i) ? make("b", names[i]) : names[i], after);
    name.onclick = () => choose(i);
    return [name, " "];
  }));
  const say = (...words) => said.replaceChildren(make("p", ...words));
  const choose = i => {
    const focus = get(".said button").indexOf(document.activeElement);
    chosen = i;
    if (i < 0) {
      const many = tokens.filter(j => group(j) === lit).length;
      say(lit < 0 ? data.hint : `${legend[lit].innerText}: ${many} of ${names.length} tokens`);
    } else {
      const space = inSpace(i), map = onMap(i), both = space.filter(j => map.includes(j));
      say(make("b", names[i]), `, ${labels[label[i]]}`);
      if (k) said.append(list("Nearest in the space: ", space, both));
      said.append(list("Nearest on the map: ", map, both));
      if (k) said.append(make("p", `In both: ${both.length} of ${k}`));
      get(".said button")[focus]?.focus();
      if (zoom > 1) [midX, midY] = [xs[i], ys[i]];
    }
    redraw();
  };
  const light = g => {
    lit = g;
    legend.forEach((e, i) => e.setAttribute("aria-pressed", i === g));
    choose(-1);
  };
  const magnify = (by, x, y) => {
    const next = clamp(1, zoom * by, 8);
    const shift = (1 - zoom / next) / scale;
    [midX, midY, zoom] = [midX + (x - width / 2) * shift, midY + (y - height / 2) * shift, next];
    if (zoom === 1) [midX, midY] = [right / 2, bottom / 2];
    redraw();
  };

  const zoomBy = by => chosen < 0 ? magnify(by, width / 2, height / 2) : magnify(by, X(chosen), Y(chosen));

  const point = event => {
    const far = i => Math.hypot(X(i) - event.offsetX, Y(i) - event.offsetY);
    const before = under;
    under = least(far);
    tip.hidden = event.type === "pointerleave" || far(under) > 16;
    if (tip.hidden) under = -1;
    else {
      tip.replaceChildren(make("b", names[under]), make("br"), labels[label[under]]);
      const x = X(under) - tip.offsetWidth / 2, y = Y(under) - tip.offsetHeight - 12;
      tip.style.left = `${clamp(0, x, width - tip.offsetWidth)}px`;
      tip.style.top = `${y < 0 ? Y(under) + 12 : y}px`;
    }
    if (under !== before) redraw();
  };
  canvas.onpointermove = canvas.onpointerleave = point;
  canvas.onclick = event => {
    point(event);
    choose(under);
  };
  canvas.ondblclick = event => magnify(2, event.offsetX, event.offsetY);

  const step = (dx, dy) => () => {
    const [x, y] = chosen < 0 ? [midX, midY] : [xs[chosen], ys[chosen]];
    const cost = i => {
      const along = (xs[i] - x) * dx + (ys[i] - y) * dy;
      return along > 0 ? along + 2 * Math.abs((xs[i] - x) * dy + (ys[i] - y) * dx) : Infinity;
    };
    const next = least(cost);
    if (cost(next) < Infinity) choose(next);
  };
  const keys = {
    ArrowLeft: step(-1, 0), ArrowRight: step(1, 0), ArrowUp: step(0, -1), ArrowDown: step(0, 1),
    "+": () => zoomBy(1.6), "-": () => zoomBy(1 / 1.6), Escape: () => { tip.hidden = true; light(-1); },
  };
  canvas.onkeydown = event => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // or a notebook would leave the cell
    keys[event.key]();
  };
  legend.forEach((e, g) => { e.onclick = () => light(g === lit ? -1 : g); });
  get(".zoom button").forEach((e, i) => { e.onclick = keys["+-"[i]]; });

  const matches = () => {
    const text = box.value.trim().toLowerCase(), at = i => names[i].toLowerCase().indexOf(text);
    const rank = i => (names[i].length === text.length ? -1 : at(i));
    return tokens.filter(i => text && at(i) >= 0).sort((a, b) => rank(a) - rank(b));
  };
  box.oninput = event => {
    const offered = [...new Set(matches().map(i => names[i]))].slice(0, 20);
    box.list.replaceChildren(...offered.map(name => new Option(name)));
    if (event.inputType === "insertReplacementText") choose(matches()[0]); // taken from the list
  };
  box.onkeydown = event => {
    const found = matches(), next = found[(found.indexOf(chosen) + 1) % found.length];
    if (event.key !== "Enter") return;
    choose(next ?? -1);
    if (next === undefined && box.value) say(`No name contains “${box.value}”`);
  };

  const watch = new MutationObserver(() => (root.isConnected ? redraw() : watch.disconnect()));
  new ResizeObserver(() => {
    for (const e of [document.documentElement, document.body]) watch.observe(e, { attributes: true });
    redraw();
  }).observe(canvas);
  get(".works")[0].hidden = false;
  light(-1);
}
