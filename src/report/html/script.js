"use strict";
(() => {
  // The places of a row's parts: PageRow in data.rs, keep both in step.
  const [SEVERITY, CONFIDENCE, OWN, PARENT, UNIT, NAME, CLASS, ATTRIBUTE, ERROR, VALUE, UPDATE, PROPOSED, WHY, RULES,
    MESSAGE, DOMAIN, CONFLICTS, CONFLICT_COUNT, UPN, IMMUTABLE, DIFFERS, ACCEPTED] = Array(22).keys();
  const PAGE = 100, PRINTED = 500;
  const SIGNS = { fails: "✖", quarantined: "◼", dropped: "▼", changed: "◆", hygiene: "○" };
  const LOOKS = { fails: "blocked-text", quarantined: "blocked-text", dropped: "degraded-text", changed: "degraded-text" };
  const ORDER = Object.keys(SIGNS);
  const FILTERS = ["severity", "effort", "attribute", "domain", "rule"];
  const at = (id) => document.getElementById(id);
  const texts = JSON.parse(at("texts").textContent), titles = JSON.parse(at("titles").textContent);
  const rows = [];
  for (const block of document.querySelectorAll("script.rows")) {
    for (const row of JSON.parse(block.textContent)) rows.push(row);
    block.remove();
  }
  const dn = (row) => row[OWN] + texts[row[PARENT]];
  const unit = (row) => texts[row[DOMAIN]] + (texts[row[UNIT]] ? "/" + texts[row[UNIT]] : "");
  const rules = (row) => row[RULES].map((rule) => texts[rule]);
  const effort = (row) => row[ACCEPTED] !== null ? "" :
    (row[PROPOSED] === "EDIT" || row[PROPOSED] === "REMOVE") && row[CONFIDENCE] !== "manual" ? row[CONFIDENCE] : "by hand";
  const domains = new Set(rows.map((row) => texts[row[DOMAIN]]));
  const count = (number) => number.toLocaleString("en");
  const chosen = new Set();
  let shown = rows.map((_, index) => index);
  let page = 0, sorted = "severity", descending = false, haystacks = null;

  const make = (name, text, look) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (look) element.className = look;
    return element;
  };

  // Appends a text that may break before @ and /. Spaces that nobody would see, the
  // first, last and doubled ones, or all, get a frame.
  const put = (element, text, all) => {
    text.split(all ? /( +)/ : /(^ +| +$| {2,})/).forEach((part, index) => {
      if (index % 2) {
        for (const space of part) element.append(make("span", space, "space"));
        return;
      }
      part.split(/(?=[@/])/).forEach((piece, index) => {
        if (index) element.append(make("wbr"));
        element.append(piece);
      });
    });
    return element;
  };

  // A value as a cell; what is not in the other text is marked, if that is not most of it.
  const value = (text, other, look) => {
    const cell = make("td", undefined, "value");
    const letters = [...text], others = [...(other || "")];
    const shorter = Math.min(letters.length, others.length);
    let start = 0, end = 0;
    while (start < shorter && letters[start] === others[start]) start++;
    while (end < shorter - start && letters[letters.length - 1 - end] === others[others.length - 1 - end]) end++;
    if (!other || start + end < Math.max(letters.length, others.length) / 3) return put(cell, text);
    const part = (from, to) => letters.slice(from, to).join("");
    put(cell, part(0, start));
    if (letters.length - end > start) cell.append(put(make("mark", undefined, look), part(start, letters.length - end), true));
    return put(cell, part(letters.length - end));
  };

  const detail = (row) => {
    const list = make("dl");
    const add = (heading, text) => { if (text) list.append(make("dt", heading), make("dd", text)); };
    add("What", row[MESSAGE]);
    add("Proposal", row[PROPOSED] && row[PROPOSED] + (row[CONFIDENCE] ? " (" + row[CONFIDENCE] + ")" : ""));
    add("Because", texts[row[WHY]]);
    if (row[CONFLICT_COUNT]) {
      const more = row[CONFLICT_COUNT] - row[CONFLICTS].length;
      add("Also held by", row[CONFLICTS].join(" | ") + (more > 0 ? " | and " + more + " more" : ""));
    }
    add("Accepted", row[ACCEPTED]);
    add("DN", dn(row));
    add("Class", row[CLASS]);
    add("Rules", rules(row).join("; "));
    add("Error in IdFix", row[ERROR]);
    add("Sign-in name", row[UPN]);
    add("ImmutableID", row[IMMUTABLE] && row[IMMUTABLE] + (row[DIFFERS] ? " (objectGUID gives another)" : ""));
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
    severity.append(sign, row[SEVERITY]);
    if (row[ACCEPTED] !== null) severity.append(make("span", "accepted", "soft"));
    const name = make("td"), open = make("button", row[NAME] || dn(row), "open");
    open.type = "button";
    open.setAttribute("aria-expanded", "false");
    open.addEventListener("click", () => {
      const next = result.nextSibling;
      const is_open = next && next.className === "more";
      open.setAttribute("aria-expanded", String(!is_open));
      is_open ? next.remove() : result.after(detail(row));
    });
    name.append(open, put(make("span", undefined, "soft"), domains.size > 1 ? unit(row) : texts[row[UNIT]]));
    const old = row[VALUE] === null ? make("td", "(blank)", "none") : value(row[VALUE], row[PROPOSED] === "EDIT" && row[UPDATE]);
    const update = row[PROPOSED] === "EDIT" ? value(row[UPDATE], row[VALUE], "new") : make("td", row[PROPOSED] || "–", "none");
    if (row[PROPOSED]) update.append(make("span", row[CONFIDENCE], "soft"));
    const wrong = make("td", rules(row).map((rule) => titles[rule] || rule).join("; "));
    result.append(pick, severity, name, make("td", texts[row[ATTRIBUTE]]), old, update, wrong);
    return result;
  };

  const say = () => {
    at("status").textContent = (shown.length === rows.length ? "" : count(shown.length) + " of ") + count(rows.length) +
      " findings" + (chosen.size ? ", " + count(chosen.size) + " chosen" : "");
  };

  const draw = (from, number) => {
    document.querySelector("#rows tbody").replaceChildren(...shown.slice(from, from + number).map(line));
  };

  const turn = (to) => {
    const last = Math.max(0, Math.ceil(shown.length / PAGE) - 1);
    page = Math.min(Math.max(to, 0), last);
    draw(page * PAGE, PAGE);
    at("page").textContent = "page " + count(page + 1) + " of " + count(last + 1);
    at("first").disabled = at("previous").disabled = page === 0;
    at("last").disabled = at("next-page").disabled = page === last;
    at("pages").hidden = last === 0;
    say();
  };

  const haystack = (row) => [dn(row), unit(row), row[NAME], texts[row[ATTRIBUTE]], row[VALUE] || "", row[UPDATE],
    rules(row).join("; "), row[MESSAGE], row[ERROR], row[UPN]].join("\n").toLowerCase();

  const KEYS = {
    severity: (row) => ORDER.indexOf(row[SEVERITY]),
    name: (row) => row[NAME].toLowerCase(),
    attribute: (row) => texts[row[ATTRIBUTE]].toLowerCase(),
    value: (row) => (row[VALUE] || "").toLowerCase(),
    update: (row) => (row[PROPOSED] + " " + row[UPDATE]).toLowerCase(),
    rule: (row) => rules(row).map((rule) => titles[rule] || rule).join("; "),
  };

  const TESTS = {
    severity: (row, wanted) => row[SEVERITY] === wanted,
    effort: (row, wanted) => effort(row) === wanted,
    attribute: (row, wanted) => texts[row[ATTRIBUTE]] === wanted,
    domain: (row, wanted) => texts[row[DOMAIN]] === wanted,
    rule: (row, wanted) => rules(row).includes(wanted),
  };

  const filter = () => {
    const words = (at("search").value.toLowerCase().match(/"[^"]*"?|\S+/g) || []).map((word) => word.replaceAll('"', ""));
    const wanted = FILTERS.map((id) => [TESTS[id], at(id).value]).filter(([, value]) => value);
    if (words.length && !haystacks) haystacks = rows.map(haystack);
    shown = [];
    rows.forEach((row, index) => {
      if (wanted.every(([test, value]) => test(row, value)) &&
          words.every((word) => haystacks[index].includes(word))) shown.push(index);
    });
    sort();
    turn(0);
  };

  const sort = () => {
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
  offer("domain", [...domains]);
  offer("rule", rows.flatMap(rules));

  let waiting;
  at("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
  for (const id of FILTERS) at(id).addEventListener("change", filter);
  at("controls").addEventListener("reset", () => setTimeout(filter));
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }
  // A unit or a rule that is named elsewhere leads to its findings.
  for (const link of document.querySelectorAll("a[data-search], a[data-rule]")) {
    link.addEventListener("click", () => {
      at("controls").reset();
      at("search").value = link.dataset.search || "";
      at("rule").value = link.dataset.rule || "";
      filter();
    });
  }
  at("first").addEventListener("click", () => turn(0));
  at("previous").addEventListener("click", () => turn(page - 1));
  at("next-page").addEventListener("click", () => turn(page + 1));
  at("last").addEventListener("click", () => turn(Infinity));
  addEventListener("beforeprint", () => {
    draw(0, PRINTED);
    const printed = Math.min(PRINTED, shown.length);
    at("status").textContent = printed === shown.length ? count(printed) + " findings"
      : "The first " + count(printed) + " of " + count(shown.length) + " findings; the CSV report holds all";
  });
  addEventListener("afterprint", () => turn(page));

  // Users for the hard match, each once, as idmend hard-match has them; what
  // cannot be offered is counted.
  const pairs = () => {
    const from = chosen.size ? [...chosen].sort((a, b) => a - b) : shown;
    const names = new Map(), anchors = new Map(), differing = new Set(), nameless = new Set(), shared = new Set();
    const note = (map, key, user) => { map.has(key) ? map.get(key).add(user) : map.set(key, new Set([user])); };
    const users = new Map();
    for (const row of from.map((index) => rows[index])) {
      if (!row[IMMUTABLE]) continue;
      const user = dn(row);
      if (row[DIFFERS]) differing.add(user);
      else if (!row[UPN]) nameless.add(user);
      else {
        users.set(user, [row[IMMUTABLE], row[UPN]]);
        note(anchors, row[IMMUTABLE], user);
        note(names, row[UPN].toLowerCase(), user);
      }
    }
    const taken = [];
    for (const [user, pair] of users) {
      if (anchors.get(pair[0]).size > 1 || names.get(pair[1].toLowerCase()).size > 1) shared.add(user);
      else taken.push(pair);
    }
    const left = [];
    if (differing.size) left.push(differing.size + " left out: mS-DS-ConsistencyGuid and objectGUID differ; idmend hard-match --source-anchor decides");
    if (nameless.size) left.push(nameless.size + " left out: no user principal name that a cloud user can have; mend it first");
    if (shared.size) left.push(shared.size + " left out: another user has the same name or the same anchor");
    at("pairs-note").textContent = count(taken.length) + (taken.length === 1 ? " user" : " users") + (left.length ? "; " + left.join("; ") : "");
    return taken;
  };
  const offerText = (name, text) => {
    at("pairs").value = text;
    const save = at("save");
    if (save.href) URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    save.download = name;
    save.textContent = "Save as " + name;
    at("pairs-box").hidden = false;
  };
  at("copy").addEventListener("click", () => {
    at("pairs").select();
    document.execCommand("copy");
    at("copy").textContent = "Copied";
    setTimeout(() => { at("copy").textContent = "Copy"; }, 2000);
  });
  // The same as idmend hard-match: names are ASCII here, the anchor is Base64.
  const field = (text) => '"' + text.replaceAll('"', '""') + '"';
  const quoted = (text) => "'" + text.replaceAll("'", "''") + "'";
  const SNIPPET = JSON.parse(at("snippet").textContent);
  at("as-csv").addEventListener("click", () => {
    const lines = [["USERPRINCIPALNAME", "IMMUTABLEID"], ...pairs().map(([id, upn]) => [upn, id])];
    offerText("hard-match.csv", lines.map((line) => line.map(field).join(",")).join("\r\n") + "\r\n");
  });
  at("as-powershell").addEventListener("click", () => {
    const lines = pairs().map(([id, upn]) => "    @{ UserPrincipalName = " + quoted(upn) + "; ImmutableId = " + quoted(id) + " }");
    offerText("hard-match.ps1", SNIPPET[0] + lines.join("\n") + SNIPPET[1]);
  });
  sort();
  turn(0);
})();
