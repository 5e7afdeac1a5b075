"""Reports as Zoom's portal exports them. Offices and devices only, as they appear in the room."""

ABOUT = (
    "Topic,ID,Host,Duration (minutes),Start time,End time,Participants\n"
    'Bimtek Smart City,817 9640 5615,Panitia (panitia@demo.invalid),510,"07/03/2023 07:40:26 AM",'
    '"07/03/2023 04:26:31 PM",67\n\n'
)
ENGLISH = (
    "Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,Recording disclaimer response,"
    "In waiting room\n"
    "Dinkes_Staf (Kepala Bidang Aptika),aptika@luwukab.go.id,07/03/2023 08:55:01 AM,07/03/2023 11:50:00 AM,175,Yes,"
    "OK,No\n"
    "iPhone,,07/03/2023 09:20:00 AM,07/03/2023 11:45:00 AM,145,Yes,OK,No\n"
    "iPhone,,07/03/2023 09:18:00 AM,07/03/2023 09:20:00 AM,2,Yes,,Yes\n"
)
INDONESIAN = (
    "Nama (nama asli);Email;Waktu bergabung;Waktu keluar;Durasi (menit)s;Tamu;Di ruang tunggu\n"
    "Kepala Bidang Aptika;aptika@luwukab.go.id;03/07/2023 08.55;03/07/2023 11.50;175;Ya;Tidak\n"
    "iPhone;;03/07/2023 09.20;03/07/2023 11.45;145;Ya;Tidak\n"
    "iPhone;;03/07/2023 09.18;03/07/2023 09.20;2;Ya;Ya\n"
)
OLDER = (
    "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants,\n"
    "81796405615,Bimtek,07/03/2023 07:40:26 AM,07/03/2023 04:26:31 PM,panitia@demo.invalid,510,67,\n\n"
    "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent\n"
    "Kepala Bidang Aptika,aptika@luwukab.go.id,07/03/2023 08:55:01 AM,07/03/2023 11:50:00 AM,175,Yes,Y\n"
    "iPhone,,07/03/2023 09:20:00 AM,07/03/2023 11:45:00 AM,145,Yes,\n"
)
REGISTRANTS = (
    "Registrant ID,Name,User Email,Join time,Leave time,Duration (minutes),Guest,In waiting room\n"
    "reg-1,Admin,,2023-07-03 08:55:01,2023-07-03 11:50:00,175,Yes,No\n"
    "reg-2,iPhone,,2023-07-03 09:20:00,2023-07-03 11:45:00,145,Yes,No\n"
)
_WEBINAR_HEADS = (
    "Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,"
    "Country/Region Name\n"
)
WEBINAR = (
    "Attendee Report\n"
    'Report Generated:,"Jul 4, 2023 6:26 PM"\n'
    "Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered\n"
    'Bimtek,847 5984 1045,"Jul 3, 2023 7:40 AM",510,12\n'
    f"Host Details\n{_WEBINAR_HEADS}"
    'Yes,Kepala Bidang Aptika,aptika@luwukab.go.id,"Jul 3, 2023 08:55:01","Jul 3, 2023 11:50:00",175,No,Indonesia\n'
    "Attendee Details\n"
    "Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,"
    "Leave Time,Time in Session (minutes),Is Guest,Country/Region Name\n"
    'Yes,iPhone,iPhone,,,"Jul 1, 2023 08:00:00",approved,"Jul 3, 2023 09:20:00","Jul 3, 2023 11:45:00",145,Yes,'
    "Indonesia\n"
    'No,Camat Bua,Camat,Bua,,"Jul 1, 2023 08:00:00",approved,--,--,--,--,Indonesia\n'
)
TOTALS = "Name (original name),Email,Total duration (minutes),Guest\niPhone,,145,Yes\n"
TOTALS_ID = "Nama (nama asli),Email,Total durasi (menit)s,Tamu\niPhone,,145,Ya\n"


def report(*rows: str) -> str:
    """A plain report: name, address, join and leave time."""
    return "Name,Email,Join time,Leave time\n" + "".join(f"{row}\n" for row in rows)


def row(name: str, start: str, end: str, email: str = "", day: str = "07/03/2023") -> str:
    """One connection of the first day; times of a 24-hour clock."""
    return f"{name},{email},{day} {start},{day} {end}"
