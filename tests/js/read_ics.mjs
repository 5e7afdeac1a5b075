// Reads calendars with ical.js: one JSON string a line on standard input, what was seen in it a line on standard output.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

const person = (property) => ({ name: property.getParameter("cn") ?? null, address: property.getFirstValue() });

function seenEvent(component) {
  const text = (name) => component.getFirstPropertyValue(name)?.toString() ?? null;
  return {
    uid: text("uid"),
    summary: text("summary"),
    description: text("description"),
    location: text("location"),
    status: text("status"),
    sequence: component.getFirstPropertyValue("sequence"),
    recurrence_id: component.getFirstPropertyValue("recurrence-id")?.toJSDate().toISOString() ?? null,
    rdates: component.getAllProperties("rdate").length,
    organizers: component.getAllProperties("organizer").map(person),
    attendees: component.getAllProperties("attendee").map(person),
  };
}

function occurrencesOf(component) {
  const event = new ICAL.Event(component);
  const times = [event.startDate];
  const next = event.iterator();
  for (let time = next.next(); time && times.length < 100; time = next.next()) {
    // The iterator leaves DTSTART out where there are RDATEs alone; RFC 5545 (3.8.5.2) and Thunderbird count it in.
    if (time.compare(event.startDate) !== 0) times.push(time.clone());
  }
  return times.map((time) => {
    const { startDate, endDate, item } = event.getOccurrenceDetails(time);
    return [startDate.toJSDate().toISOString(), endDate.toJSDate().toISOString(), item.summary];
  });
}

function seen(body) {
  const calendar = new ICAL.Component(ICAL.parse(body));
  ICAL.TimezoneService.reset();
  calendar.getAllSubcomponents("vtimezone").forEach((zone) => ICAL.TimezoneService.register(zone));
  const events = calendar.getAllSubcomponents("vevent");
  const names = (component) => [component.name, component.getAllProperties().map(({ name }) => name).sort()];
  return {
    method: calendar.getFirstPropertyValue("method"),
    components: [calendar, ...calendar.getAllSubcomponents()].map(names),
    events: events.map(seenEvent),
    occurrences: events.filter((event) => !event.hasProperty("recurrence-id")).flatMap(occurrencesOf),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(seen(JSON.parse(line)))}\n`);
}
