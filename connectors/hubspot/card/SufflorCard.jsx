import React, { useEffect, useState } from "react";
import {
  Alert, Button, Divider, Flex, Link, List, LoadingSpinner, StatusTag, Text, hubspot,
} from "@hubspot/ui-extensions";
import { settings } from "./settings.js";

const { words } = settings;
const variants = { high: "success", medium: "warning", low: "danger" };

// How often the card asks for the present suggestion, in milliseconds.
const interval = 15000;

hubspot.extend(({ actions }) => <Card actions={actions} />);

// HubSpot adds who asks, from which account, and signs the whole.
async function ask(path, body) {
  const answer = await hubspot.fetch(settings.hook + path, { method: "POST", timeout: 10000, body });
  if (!answer.ok) {
    throw new Error("HTTP " + answer.status);
  }
  return answer;
}

function Card({ actions }) {
  const [thread, setThread] = useState("");
  const [shown, setShown] = useState(null); // what the server answered
  const [fault, setFault] = useState("");
  const [judged, setJudged] = useState(""); // the suggestion that was judged last

  useEffect(() => {
    let stopped = false;
    actions
      .fetchCrmObjectProperties([settings.threadProperty])
      .then((p) => !stopped && setThread(p[settings.threadProperty] || "none"))
      .catch((e) => !stopped && setFault(String(e.message || e)));
    return () => {
      stopped = true;
    };
  }, [actions]);

  useEffect(() => {
    if (!thread || thread === "none") {
      return undefined;
    }
    let stopped = false;
    let timer;
    const look = async () => {
      try {
        const found = await (await ask("/panel/suggestion", { threadId: thread })).json();
        if (!stopped) {
          setShown(found);
          setFault("");
        }
      } catch (e) {
        if (!stopped) {
          setFault(String(e.message || e));
        }
      }
      if (!stopped) {
        timer = setTimeout(look, interval);
      }
    };
    look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [thread]);

  const judge = async (verdict, finalText) => {
    const { suggestion } = shown;
    try {
      await ask("/panel/feedback", {
        suggestionId: suggestion, threadId: thread, verdict, finalText, press: String(Date.now()),
      });
      setJudged(suggestion);
    } catch (e) {
      setFault(String(e.message || e));
    }
  };
  const use = async () => {
    try {
      await actions.copyTextToClipboard(shown.text);
      await judge("used", shown.text);
    } catch (e) {
      setFault(String(e.message || e));
    }
  };

  const notice = fault ? <Alert title={settings.name} variant="warning">{fault}</Alert> : null;
  if (thread === "none") {
    return <Text>{words.noAnswer}</Text>;
  }
  if (!shown) {
    return notice || <LoadingSpinner label={words.asked} />;
  }
  if (!shown.suggestion) {
    return (
      <Flex direction="column" gap="small">
        {notice}
        <LoadingSpinner label={words.asked} showLabel={true} />
      </Flex>
    );
  }
  return (
    <Flex direction="column" gap="small">
      {notice}
      <StatusTag variant={variants[shown.flag] || "default"}>{shown.flagText}</StatusTag>
      {(shown.text || words.noAnswer).split("\n").filter((l) => l.trim()).map((line, i) => (
        <Text key={i}>{line}</Text>
      ))}
      <Flex direction="row" gap="small" wrap="wrap">
        {shown.text ? <Button variant="primary" size="sm" onClick={use}>{words.use}</Button> : null}
        <Button size="sm" onClick={() => judge("up")}>{words.up}</Button>
        <Button size="sm" onClick={() => judge("down")}>{words.down}</Button>
      </Flex>
      {judged === shown.suggestion && <Text variant="microcopy">{words.thanks}</Text>}
      {(shown.reasons || []).map((reason, i) => (
        <Text key={"why" + i} variant="microcopy">{reason}</Text>
      ))}
      {(shown.sources || []).length > 0 && (
        <>
          <Divider />
          <Text format={{ fontWeight: "demibold" }}>{words.sources}</Text>
          <List variant="unordered-styled">
            {shown.sources.map((s) => (
              <Flex key={s.number} direction="column">
                <Text>
                  [{s.number}] {s.url ? <Link href={{ url: s.url, external: true }}>{s.title}</Link> : s.title}
                  {s.where ? ", " + s.where : ""}
                </Text>
                {s.quote ? <Text variant="microcopy">{s.quote}</Text> : null}
              </Flex>
            ))}
          </List>
        </>
      )}
      {shown.panel ? <Link href={{ url: shown.panel, external: true }}>{words.open}</Link> : null}
    </Flex>
  );
}
