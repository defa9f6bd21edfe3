"use strict";
(() => {
  // The places of a row's parts: PageRow in data.rs, keep both in step.
  const [SEVERITY, OWN, PARENT, NAME, CLASS, ATTRIBUTE, ERROR, VALUE, UPDATE, PROPOSED, RULES, MESSAGE,
    DOMAIN, CONFLICTS, CONFLICT_COUNT, UPN, IMMUTABLE, DIFFERS, ACCEPTED] = Array(19).keys();
  const PAGE = 100, PRINTED = 1000;
  const SIGNS = { fails: "✖", quarantined: "◼", dropped: "▼", changed: "◆", hygiene: "○" };
  const LOOKS = { fails: "blocked-text", quarantined: "blocked-text", dropped: "degraded-text", changed: "degraded-text" };
  const ORDER = Object.keys(SIGNS);
  const at = (id) => document.getElementById(id);
  const texts = JSON.parse(at("texts").textContent);
  const rows = [];
  for (const block of document.querySelectorAll("script.rows")) {
    for (const row of JSON.parse(block.textContent)) rows.push(row);
    block.remove();
  }
  const dn = (row) => row[OWN] + texts[row[PARENT]];
  const rules = (row) => row[RULES].map((rule) => texts[rule]).join("; ");
  const chosen = new Set();
  let shown = rows.map((_, index) => index);
  let page = 0, sorted = null, descending = false, haystacks = null;

  const make = (name, text, look) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (look) element.className = look;
    return element;
  };

  const detail = (row) => {
    const list = make("dl");
    const add = (heading, text) => { list.append(make("dt", heading), make("dd", text)); };
    add("DN", dn(row));
    add("Class", row[CLASS]);
    add("Domain", texts[row[DOMAIN]]);
    add("Error", row[ERROR]);
    add("What", row[MESSAGE]);
    if (row[CONFLICT_COUNT]) {
      const more = row[CONFLICT_COUNT] - row[CONFLICTS].length;
      add("Also held by", row[CONFLICTS].join(" | ") + (more > 0 ? " | and " + more + " more" : ""));
    }
    if (row[UPN]) add("Sign-in name", row[UPN]);
    if (row[IMMUTABLE]) add("ImmutableID", row[IMMUTABLE] + (row[DIFFERS] ? " (objectGUID gives another)" : ""));
    if (row[ACCEPTED] !== null) add("Accepted", row[ACCEPTED]);
    const cell = make("td");
    cell.colSpan = 7;
    cell.append(list);
    const line = make("tr", undefined, "more");
    line.append(cell);
    return line;
  };

  const line = (index) => {
    const row = rows[index];
    const result = make("tr");
    const pick = make("td"), box = make("input");
    box.type = "checkbox";
    box.checked = chosen.has(index);
    box.disabled = !row[IMMUTABLE];
    box.setAttribute("aria-label", "Choose " + row[NAME]);
    box.addEventListener("change", () => { box.checked ? chosen.add(index) : chosen.delete(index); say(); });
    pick.append(box);
    const severity = make("td", undefined, LOOKS[row[SEVERITY]]);
    const sign = make("span", SIGNS[row[SEVERITY]], "sign");
    sign.setAttribute("aria-hidden", "true");
    severity.append(sign, row[SEVERITY] + (row[ACCEPTED] !== null ? " (accepted)" : ""));
    const name = make("td"), open = make("button", row[NAME] || dn(row));
    open.type = "button";
    open.setAttribute("aria-expanded", "false");
    open.addEventListener("click", () => {
      const next = result.nextSibling;
      const is_open = next && next.className === "more";
      open.setAttribute("aria-expanded", String(!is_open));
      is_open ? next.remove() : result.after(detail(row));
    });
    name.append(open);
    const value = row[VALUE] === null ? make("td", "(blank)", "none") : make("td", row[VALUE], "value");
    const update = row[PROPOSED] === "EDIT" ? make("td", row[UPDATE], "value") : make("td", row[PROPOSED] || "–", "none");
    result.append(pick, severity, name, make("td", texts[row[ATTRIBUTE]]), value, update, make("td", rules(row)));
    return result;
  };

  const say = () => {
    at("status").textContent = shown.length + " of " + rows.length + " findings" +
      (chosen.size ? ", " + chosen.size + " chosen" : "");
  };

  const draw = (from, count) => {
    document.querySelector("#rows tbody").replaceChildren(...shown.slice(from, from + count).map(line));
  };

  const turn = (to) => {
    const last = Math.max(0, Math.ceil(shown.length / PAGE) - 1);
    page = Math.min(Math.max(to, 0), last);
    draw(page * PAGE, PAGE);
    at("page").textContent = "page " + (page + 1) + " of " + (last + 1);
    at("first").disabled = at("previous").disabled = page === 0;
    at("last").disabled = at("next").disabled = page === last;
    say();
  };

  const haystack = (row) => [dn(row), row[NAME], texts[row[ATTRIBUTE]], row[VALUE] || "", row[UPDATE], rules(row),
    row[MESSAGE], row[ERROR], row[UPN]].join("\n").toLowerCase();

  const KEYS = {
    severity: (row) => ORDER.indexOf(row[SEVERITY]),
    name: (row) => row[NAME].toLowerCase(),
    attribute: (row) => texts[row[ATTRIBUTE]].toLowerCase(),
    value: (row) => (row[VALUE] || "").toLowerCase(),
    update: (row) => (row[PROPOSED] + " " + row[UPDATE]).toLowerCase(),
    rule: (row) => rules(row),
  };

  const filter = () => {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const severity = at("severity").value, attribute = at("attribute").value, rule = at("rule").value;
    if (words.length && !haystacks) haystacks = rows.map(haystack);
    shown = [];
    rows.forEach((row, index) => {
      if ((!severity || row[SEVERITY] === severity) && (!attribute || texts[row[ATTRIBUTE]] === attribute) &&
          (!rule || row[RULES].some((one) => texts[one] === rule)) &&
          words.every((word) => haystacks[index].includes(word))) shown.push(index);
    });
    sort();
    turn(0);
  };

  const sort = () => {
    if (!sorted) return;
    const keys = rows.map(KEYS[sorted]);
    const turned = descending ? -1 : 1;
    shown.sort((a, b) => (keys[a] < keys[b] ? -turned : keys[a] > keys[b] ? turned : a - b));
  };

  for (const button of document.querySelectorAll("#rows thead button")) {
    button.addEventListener("click", () => {
      descending = sorted === button.dataset.key && !descending;
      sorted = button.dataset.key;
      for (const head of document.querySelectorAll("#rows thead th")) head.removeAttribute("aria-sort");
      button.closest("th").setAttribute("aria-sort", descending ? "descending" : "ascending");
      sort();
      turn(0);
    });
  }

  const offer = (id, names) => {
    for (const name of [...new Set(names)].sort()) at(id).append(make("option", name));
  };
  offer("attribute", rows.map((row) => texts[row[ATTRIBUTE]]));
  offer("rule", rows.flatMap((row) => row[RULES].map((rule) => texts[rule])));

  let waiting;
  at("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
  for (const id of ["severity", "attribute", "rule"]) at(id).addEventListener("change", filter);
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }
  at("pages").hidden = false;
  at("first").addEventListener("click", () => turn(0));
  at("previous").addEventListener("click", () => turn(page - 1));
  at("next").addEventListener("click", () => turn(page + 1));
  at("last").addEventListener("click", () => turn(Infinity));
  addEventListener("beforeprint", () => {
    draw(0, PRINTED);
    at("status").textContent = "The first " + Math.min(PRINTED, shown.length) + " of " + shown.length + " findings; the CSV report holds all";
  });
  addEventListener("afterprint", () => turn(page));

  // Users for the hard match, each once; what cannot be offered is counted.
  const pairs = () => {
    const from = chosen.size ? [...chosen].sort((a, b) => a - b) : shown;
    const taken = new Map();
    let differing = new Set(), nameless = new Set();
    for (const row of from.map((index) => rows[index])) {
      if (!row[IMMUTABLE]) continue;
      if (row[DIFFERS]) differing.add(row[IMMUTABLE]);
      else if (!row[UPN]) nameless.add(row[IMMUTABLE]);
      else taken.set(row[IMMUTABLE], row[UPN]);
    }
    const left = [];
    if (differing.size) left.push(differing.size + " left out: mS-DS-ConsistencyGuid and objectGUID differ; idmend hard-match --source-anchor decides");
    if (nameless.size) left.push(nameless.size + " left out: no user principal name in plain characters; mend it first");
    at("pairs-note").textContent = taken.size + " users" + (left.length ? "; " + left.join("; ") : "");
    return [...taken];
  };
  // The same as idmend hard-match: names are ASCII here, the anchor is Base64.
  const guarded = (text) => /^[=+\-@']/.test(text) ? "'" + text : text;
  const field = (text) => /[",]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  const quoted = (text) => "'" + text.replaceAll("'", "''") + "'";
  at("as-csv").addEventListener("click", () => {
    at("pairs").value = ["USERPRINCIPALNAME,IMMUTABLEID", ...pairs().map(([id, upn]) => field(guarded(upn)) + "," + id)].join("\r\n") + "\r\n";
  });
  at("as-powershell").addEventListener("click", () => {
    at("pairs").value = SNIPPET[0] + pairs().map(([id, upn]) => "    @{ UserPrincipalName = " + quoted(upn) + "; ImmutableId = " + quoted(id) + " }").join("\n") + SNIPPET[1];
  });
  const SNIPPET = JSON.parse(at("snippet").textContent);
  turn(0);
})();
