"""Gerakan Menuju 100 Smart City as it is run everywhere: its stages, its six dimensions and how sources misspell them.

A programme begins as a copy of this and is then the house's own to change.
"""

from service.models.programmes_shapes import DimensionShape, ProgrammeCreate, StageShape

CODE, NAME = "smart-city", "Gerakan Menuju 100 Smart City"
_STAGES = {
    "assessment": "Asesmen",
    "nota_kesepakatan": "Nota kesepakatan",
    "sk_dewan_dan_tim": "SK Dewan dan Tim Pelaksana",
    "bimtek_1": "Bimtek I",
    "bimtek_2": "Bimtek II",
    "bimtek_3": "Bimtek III",
    "bimtek_4": "Bimtek IV",
    "evaluasi_1": "Evaluasi I",
    "evaluasi_2": "Evaluasi II",
}
_DIMENSIONS = {
    "governance": (
        "Tata Kelola Cerdas (Smart Governance)", ["Layanan Publik", "Kebijakan Publik", "Tata Kelola Birokrasi"],
    ),
    "branding": (
        "Citra Daerah Cerdas (Smart Branding)", ["Tourism Branding", "Business Branding", "City Appearance Branding"],
    ),
    "economy": ("Ekonomi Cerdas (Smart Economy)", ["Industry", "Welfare", "Transaction"]),
    "living": ("Kehidupan Cerdas (Smart Living)", ["Harmony", "Health", "Mobility"]),
    "society": ("Masyarakat Cerdas (Smart Society)", ["Komunitas", "Pendidikan", "Keamanan"]),
    "environment": ("Lingkungan Cerdas (Smart Environment)", ["Proteksi", "Sampah", "Energi"]),
}  # fmt: skip
_ALIASES = {
    "smart government": "governance",
    "smart governance": "governance",
    "smart branding": "branding",
    "smart ekonomi": "economy",
    "smart economy": "economy",
    "smart lighting": "living",
    "smart living": "living",
    "smart people": "society",
    "smart society": "society",
    "smart environment": "environment",
    "smart environtment": "environment",
}


def programme(code: str, name: str) -> ProgrammeCreate:
    """The programme under a code and name of one's own."""
    return ProgrammeCreate(
        code=code,
        name=name,
        stages=[StageShape(code=key, label=label) for key, label in _STAGES.items()],
        dimensions=[DimensionShape(code=key, label=label, sub=sub) for key, (label, sub) in _DIMENSIONS.items()],
        aliases=_ALIASES,
    )
