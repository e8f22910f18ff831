trigger SufflorCase on Case (after update) {
    SufflorEvents.cases(Trigger.new, Trigger.oldMap);
}
